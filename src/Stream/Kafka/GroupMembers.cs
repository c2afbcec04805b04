using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Esn.Streaming.Configuration;

namespace Esn.Streaming.Kafka;

/// <summary>Who is in the group of a configuration, for a command that would be undone by who runs.</summary>
static class GroupMembers
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>How many there are, as the brokers say.</summary>
    /// <exception cref="KafkaException">They do not say.</exception>
    public static async Task<int> Count(EsnConfig config, CancellationToken stop)
    {
        using IAdminClient admin = new AdminClientBuilder(ClientSettings.Admin(config.Kafka))
            .SetErrorHandler((_, _) => { }).SetLogHandler((_, _) => { }).Build();
        try
        {
            var options = new DescribeConsumerGroupsOptions { RequestTimeout = Patience };
            DescribeConsumerGroupsResult found =
                await admin.DescribeConsumerGroupsAsync([config.Source.Group], options).WaitAsync(stop).ConfigureAwait(false);
            return found.ConsumerGroupDescriptions[0].Members.Count;
        }
        catch (DescribeConsumerGroupsException e) when (e.Results.ConsumerGroupDescriptions[0].Error.Code == ErrorCode.GroupIdNotFound)
        {
            return 0;  // nobody has ever been in it
        }
    }
}
