using System.IO.Hashing;
using System.Reflection;
using System.Text;
using Xunit;

namespace Esn.Tests;

/// <summary>Nobody needs to remember the version of the snapshots: what they hold cannot change unseen.</summary>
public sealed class SnapshotLayoutTests
{
    const string Growing = "growing";

    // Every kind of model, every score of the family, and a feed that grows.
    static readonly (string Name, ModelSpec Spec, int Channels)[] Kinds =
    [
        ("signal", Presets.Signal(), 1),
        ("every score", Presets.Sensors() with
        {
            Readout = new ReadoutSpec { Horizons = [1, 60], Delay = 2 },
            Scores = [.. Presets.SignalScores, .. Presets.SensorModelScores, new OutOfRangeSpec()],
        }, 2),
        ("no free runs", Presets.Sensors(), 1),
        ("many outputs", Presets.Signal(), 40),
        ("metric", Presets.Metric(), 2),
        (Growing, Presets.Sensors(), 2),
        ("tiles", Fields.Small(new TileSpec { Rows = 3, Columns = 4, Halo = 1 }), 48),
        ("coarse tiles", Fields.Small(new TileSpec { Rows = 3, Columns = 4, Halo = 1, Coarse = new CoarseSpec() }), 48),
        ("whole field", Fields.Small(tiles: null), 48),
    ];

    [Fact]
    public void Every_kind_of_model_is_among_them()
    {
        IEnumerable<Type> family = typeof(ModelSpec).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(ModelSpec)));
        Assert.Empty(family.Except(Kinds.Select(kind => kind.Spec.GetType())));
    }

    [Fact]
    public void The_kinds_of_models_hold_every_score_of_the_family()
    {
        IEnumerable<Type> family = typeof(ScoreSpec).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(ScoreSpec)));
        IEnumerable<Type> held = Kinds.Select(kind => kind.Spec).OfType<ErrorModelSpec>().SelectMany(spec => spec.Scores)
            .Select(score => score.GetType());
        Assert.Empty(family.Except(held));
    }

    [Fact]
    public void The_version_of_snapshots_is_of_the_layout_that_is_carried()
    {
        var layout = new StringBuilder();
        foreach ((string name, ModelSpec spec, int channels) in Kinds) Describe(layout, name, spec, channels);
        // Beside a model one that is to take its place, as it begins: then it is as one of these.
        Append(layout, "successor, begun", new Successor(Presets.Signal(), 2).Carry);
        ulong hash = XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(layout.ToString()));
        TestContext.Current.TestOutputHelper!.WriteLine(layout.ToString());
        Assert.True(hash == Snapshot.Layout, FormattableString.Invariant($"""
            What a snapshot carries has changed: Snapshot.Layout is 0x{Snapshot.Layout:X16}, it would have to be 0x{hash:X16}.
            In src/Reservoir/Snapshot.cs:
            1. Unless fields were only renamed, or the version was raised already since the last release: raise Version, which is
               {Snapshot.Version}, by one.
            2. Layout = 0x{hash:X16};
            The output of this test lists the layout: compare it with that of the commit before.
            """));
    }

    // A feed of zeros: how far histograms have grown then is the same on every machine.
    static void Describe(StringBuilder layout, string name, ModelSpec spec, int channels)
    {
        var detector = new Detector(spec, channels);
        Append(layout, $"{name}, begun", detector.Carry);
        int steps = spec.WarmUp + 20;
        double[] frames = new double[steps * channels];
        for (int t = 0; t < steps && name == Growing; t++) frames[t * channels] = t;
        detector.StepMany(Feeds.Times(steps), frames, new StepResult[steps], new double[frames.Length]);
        Append(layout, $"{name}, warm", detector.Carry);
        GC.KeepAlive(detector);
    }

    delegate void Carry(ref StateCarrier state);

    static void Append(StringBuilder layout, string title, Carry carry)
    {
        var fields = new List<CarriedField>();
        StateCarrier carrier = StateCarrier.Listing(fields);
        carry(ref carrier);
        layout.Append(FormattableString.Invariant($"{title}\n"));
        foreach (CarriedField field in fields)
            layout.Append(FormattableString.Invariant($"  {field.Name} {NameOf(field.Type)}[{field.Length}]\n"));
    }

    // A structure by what it consists of.
    static string NameOf(Type type) => type.IsPrimitive || type.IsEnum || type.Namespace == "System"
        ? type.Name
        : "{" + string.Join(", ", type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            .Select(field => NameOf(field.FieldType))) + "}";
}
