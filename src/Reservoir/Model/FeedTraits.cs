namespace Esn;

/// <summary>What the first frames of a feed showed that asks for another model than that which every feed begins with.</summary>
/// <param name="Wanders">There is a rhythm on a base line that wanders.</param>
/// <param name="Groups">Channels that tell nothing of each other; null: all may.</param>
sealed record FeedTraits(bool Wanders, ChannelGroups? Groups)
{
    /// <summary>As an operator should hear of it.</summary>
    public ModelChange Told => Groups is null ? new ModelChange(ModelChangeKind.Wandering, [], Restarted: false)
        : new ModelChange(ModelChangeKind.Apart,
            [.. Groups.Members.Where(of => of.Length == 1).Select(of => of[0]).Order()], Restarted: false)
        {
            Groups = [.. Groups.Members.Where(of => of.Length > 1)],
        };

    /// <summary>Out into a snapshot or back.</summary>
    public static void Carry(ref StateCarrier state, ref FeedTraits? traits, int channels)
    {
        bool wanders = state.Carried(traits is { Wanders: true }), apart = state.Carried(traits is { Groups: not null });
        int[] of = apart ? new int[channels] : [];
        traits?.Groups?.Of.CopyTo(of);
        if (apart) state.Carry(of);
        if (state.Loading) traits = wanders || apart ? new FeedTraits(wanders, apart ? new ChannelGroups(of) : null) : null;
    }
}
