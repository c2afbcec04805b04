namespace Esn;

/// <summary>Flows: a field's first quantity is the velocity along the rows, its second the one across them.</summary>
static class Velocity
{
    /// <summary>u and v are there.</summary>
    /// <param name="input">Of the map.</param>
    /// <param name="map">Its name in a file.</param>
    /// <exception cref="ArgumentException">Too few fields.</exception>
    public static void Require(FieldShape input, string map)
    {
        if (input.Fields < 2)
            throw new ArgumentException($"{map} needs two fields, the velocity along the rows and across them, had {input.Fields}");
    }
}
