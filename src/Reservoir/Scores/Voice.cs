namespace Esn;

/// <summary>Sorts of raw scores whose natural outliers have little to do with each other.</summary>
enum Voice
{
    /// <summary>Of single steps.</summary>
    Step,

    /// <summary>Of a stretch of steps.</summary>
    Stretch,

    /// <summary>Of what the channels say of each other.</summary>
    Relation,

    /// <summary>Of the shape of the feed.</summary>
    Shape,
}
