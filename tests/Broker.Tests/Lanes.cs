using Xunit;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(Esn.Broker.Tests.LongestFirst))]

namespace Esn.Broker.Tests;

/// <summary>What runs when nothing else of this assembly does.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

/// <summary>
/// The classes that take minutes begin first, so that none of them is left to go on alone when all others are through. Twice as many run at
/// a time as there are cores (xunit.runner.json): they mostly wait for processes to start and for sessions to run out.
/// </summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    static readonly string[] Longest =
    [
        nameof(KilledWorkersWithATopic), nameof(StackTests), nameof(RestartsOnApacheKafka), nameof(StandstillTests),
        nameof(ReplayedFeedsOnApacheKafka), nameof(TopicStoreTests), nameof(LimitsOfApacheKafka), nameof(BrokersOfApacheKafka),
        nameof(RebalanceTests), nameof(CommandTests), nameof(KilledWorkersWithADirectory), nameof(RestartsOnTheEmbeddedBroker),
    ];

    /// <inheritdoc/>
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(
        IReadOnlyCollection<TTestCollection> testCollections) where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(Place)];

    static int Place<TTestCollection>(TTestCollection collection) where TTestCollection : ITestCollection
    {
        int place = Array.FindIndex(Longest, name =>
            collection.TestCollectionDisplayName.Contains($".{name} ", StringComparison.Ordinal));
        return place < 0 ? Longest.Length : place;
    }
}
