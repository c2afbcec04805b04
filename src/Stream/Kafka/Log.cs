using Esn.Streaming.Wire;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Kafka;

static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "assigned partitions: {Partitions}")]
    public static partial void Assigned(this ILogger log, string partitions);

    [LoggerMessage(2, LogLevel.Information, "partitions go to another replica: {Partitions}")]
    public static partial void Revoked(this ILogger log, string partitions);

    [LoggerMessage(3, LogLevel.Warning, "Kafka: {Reason} ({Code}); the client keeps trying{Repeats}")]
    public static partial void ClientError(this ILogger log, string reason, string code, Unlogged repeats);

    [LoggerMessage(4, LogLevel.Warning, "can't consume: {Reason}; is source.topics right, and does the topic exist?{Repeats}")]
    public static partial void CannotConsume(this ILogger log, string reason, Unlogged repeats);

    [LoggerMessage(5, LogLevel.Warning, "offset of {Partition} not stored: {Reason}; its records will be read again by the partition's "
        + "new owner{Repeats}")]
    public static partial void OffsetNotStored(this ILogger log, string partition, string reason, Unlogged repeats);

    [LoggerMessage(6, LogLevel.Warning, "{InFlight} batches were not through when their partitions went: their records will be read again")]
    public static partial void NotDrained(this ILogger log, int inFlight);

    [LoggerMessage(7, LogLevel.Information, "created topic {Topic}")]
    public static partial void TopicCreated(this ILogger log, string topic);

    [LoggerMessage(8, LogLevel.Warning, "can't reach the brokers at {Servers} yet: {Reason}{Repeats}")]
    public static partial void BrokersAway(this ILogger log, string servers, string reason, Unlogged repeats);

    [LoggerMessage(9, LogLevel.Information, "alarm {Change}: stream {Stream} at {Time}, step {Position}, {Severity}, highest score "
        + "{Score:F2}{Channels}")]
    public static partial void Alarm(this ILogger log, string change, string stream, string time, long position, string severity,
        double score, string channels);

    [LoggerMessage(10, LogLevel.Warning, "dead letter: {Topic}[{Partition}]@{Offset}: {Reason}: {Detail}{Repeats}")]
    public static partial void DeadLetter(this ILogger log, string topic, int partition, long offset, string reason, string detail,
        Unlogged repeats);

    [LoggerMessage(15, LogLevel.Error, "offsets could not be committed: {Reason}; the last records will be read again")]
    public static partial void NotCommitted(this ILogger log, string reason);

    [LoggerMessage(18, LogLevel.Warning, "librdkafka: {Line} ({Facility}, {Client}){Repeats}")]
    public static partial void ClientLine(this ILogger log, string line, string facility, string client, Unlogged repeats);

    [LoggerMessage(19, LogLevel.Error, "{What} fits into topic {Topic} in no size and is lost: raise the topic's max.message.bytes")]
    public static partial void NotFitting(this ILogger log, string topic, string what);

    [LoggerMessage(21, LogLevel.Warning, "this process is no longer a member of the group; what it learnt of {Partitions} is kept until "
        + "the group says whose they are")]
    public static partial void MembershipLost(this ILogger log, string partitions);

    [LoggerMessage(22, LogLevel.Information, "partitions came back and nobody had read on: it goes on with what it learnt of {Partitions}")]
    public static partial void Resumed(this ILogger log, string partitions);

    [LoggerMessage(23, LogLevel.Information, "{Topic}: {What}")]
    public static partial void Begins(this ILogger log, string topic, string what);

    [LoggerMessage(24, LogLevel.Warning, "the group's offsets of {Partitions} can't be asked for: {Reason}; trying again")]
    public static partial void OffsetsUnknown(this ILogger log, string partitions, string reason);

    [LoggerMessage(25, LogLevel.Error, "topic {Topic} is gone: nothing can be written to it")]
    public static partial void SinkGone(this ILogger log, string topic);

    [LoggerMessage(26, LogLevel.Warning, "can't ask the brokers how far the group is: {Reason}{Repeats}")]
    public static partial void GroupUnknown(this ILogger log, string reason, Unlogged repeats);

    [LoggerMessage(27, LogLevel.Information, "events, dead letters and offsets go in one transaction: once, for whoever reads what is "
        + "committed")]
    public static partial void ExactlyOnce(this ILogger log);

    [LoggerMessage(28, LogLevel.Information, "no transactions ({Why}): at least once; a crash may repeat events, with the ce_id of the "
        + "first")]
    public static partial void AtLeastOnce(this ILogger log, string why);

    [LoggerMessage(29, LogLevel.Warning, "no transaction yet: {Reason}")]
    public static partial void NoTransactionsYet(this ILogger log, string reason);

    [LoggerMessage(30, LogLevel.Warning, "transaction aborted: {Reason}; it is tried again{Repeats}")]
    public static partial void TransactionAborted(this ILogger log, string reason, Unlogged repeats);
    [LoggerMessage(32, LogLevel.Error, "the webhook at {Host} could not be told of stream {Stream}: {Reason}; what was to be posted is "
        + "a dead letter")]
    public static partial void NotPosted(this ILogger log, string host, string stream, string reason);

    [LoggerMessage(112, LogLevel.Warning, "the webhook at {Host} takes nothing: {Reason}; what waits for it is tried again for up to "
        + "{Seconds} s")]
    public static partial void WebhookAway(this ILogger log, string host, string reason, int seconds);

    [LoggerMessage(113, LogLevel.Information, "the webhook at {Host} takes what is posted again, after {Seconds:F0} s")]
    public static partial void WebhookBack(this ILogger log, string host, double seconds);

    [LoggerMessage(110, LogLevel.Error, "topic {Topic} of commands is gone: what people say is refused while it is; mutes and feedback "
        + "from before hold until this process ends")]
    public static partial void CommandsGone(this ILogger log, string topic);

    [LoggerMessage(114, LogLevel.Warning, "topic {Topic} of commands was made anew and is read from its beginning; mutes in force are "
        + "written into it again, feedback from before holds until this process ends")]
    public static partial void CommandsAnew(this ILogger log, string topic);

    [LoggerMessage(33, LogLevel.Error, "what could not be posted to the webhook at {Host} is lost, as it can't be written to the dead "
        + "letters: {Reason}")]
    public static partial void NotKept(this ILogger log, string host, string reason);

    [LoggerMessage(44, LogLevel.Warning, "{Partition} was made anew, or the group's offset deleted: the snapshot ends at {Next}, the "
        + "partition holds {Low} to {High}; its streams go on with its first record")]
    public static partial void MadeAnew(this ILogger log, string partition, long next, long low, long high);

    [LoggerMessage(45, LogLevel.Warning, "the records from {Next} on of {Partition} are gone, it begins at {Low}: its streams go on "
        + "over the gap")]
    public static partial void RecordsGone(this ILogger log, string partition, long next, long low);

    [LoggerMessage(70, LogLevel.Warning, "the commands in topic {Topic} are not all read yet{Repeats}")]
    public static partial void CommandsUnknown(this ILogger log, string topic, Unlogged repeats);

    [LoggerMessage(71, LogLevel.Warning, "can't read the topic of commands {Topic}: {Reason}{Repeats}")]
    public static partial void CommandsUnread(this ILogger log, string topic, string reason, Unlogged repeats);

    [LoggerMessage(72, LogLevel.Error, "the record {Place} is passed over: {Reason}")]
    public static partial void NoCommand(this ILogger log, string place, string reason);

    [LoggerMessage(76, LogLevel.Warning, "topic {Topic} does not exist and was not created: mutes, acknowledgements and "
        + "feedback are refused")]
    public static partial void NoCommands(this ILogger log, string topic);

    [LoggerMessage(74, LogLevel.Warning, "the board begins without a past: topic {Topic} can't be read: {Reason}")]
    public static partial void PastUnread(this ILogger log, string topic, string reason);

    [LoggerMessage(115, LogLevel.Warning, "topic {Topic} was read in part, as its end was not reached within {Seconds} s: streams that "
        + "were told to be silent before are not known to be")]
    public static partial void PastInPart(this ILogger log, string topic, double seconds);

    [LoggerMessage(75, LogLevel.Warning, "{Records} records of topic {Topic} are no events of alarms, and are not on the board")]
    public static partial void NoEvents(this ILogger log, int records, string topic);

    [LoggerMessage(46, LogLevel.Information, "{Partition}: {Streams} streams go on from their snapshot at offset {Next}; {Again} "
        + "records are taken again without telling what was told")]
    public static partial void GoesOn(this ILogger log, string partition, int streams, long next, long again);

    [LoggerMessage(80, LogLevel.Error, "{Reason}: where the partition begins is not kept; a crash before its first snapshot would leave "
        + "its models without what was committed until then")]
    public static partial void BeginNotKept(this ILogger log, string reason);

    [LoggerMessage(81, LogLevel.Warning, "the transactional producer is given up: {Reason}; a new one takes its place, which fences it")]
    public static partial void ProducerRenewed(this ILogger log, string reason);

    [LoggerMessage(50, LogLevel.Warning, "{What} of {Stream} {Change}, the last it gave is of {Since}{Repeats}")]
    public static partial void Silence(this ILogger log, string stream, string what, string change, string since, Unlogged repeats);

    [LoggerMessage(60, LogLevel.Error, "state {Name} of {Partition} can't be used: {Reason}")]
    public static partial void StateUnusable(this ILogger log, string name, string partition, string reason);

    [LoggerMessage(61, LogLevel.Warning, "partition {Partition} goes on from an older snapshot, {Name}, as the newest can't be used: more "
        + "records are read again")]
    public static partial void StateFellBack(this ILogger log, string partition, string name);

    [LoggerMessage(62, LogLevel.Warning, "{Records} records of {Partition} that a snapshot has replaced are not deleted yet: {Reason}")]
    public static partial void StateNotCleared(this ILogger log, string partition, int records, string reason);

    [LoggerMessage(65, LogLevel.Warning, "the state in topic {Topic} is waited for, its partitions do not begin before: {Reason}{Repeats}")]
    public static partial void StateWaits(this ILogger log, string topic, string reason, Unlogged repeats);

    [LoggerMessage(63, LogLevel.Warning, "topic {Topic} of the state had {Before} partitions and has {After} now, as many as the source")]
    public static partial void StateWidened(this ILogger log, string topic, int before, int after);

    [LoggerMessage(92, LogLevel.Warning, "{Stream} at {Time}: {What}")]
    public static partial void Model(this ILogger log, string stream, string time, string what);

    [LoggerMessage(93, LogLevel.Warning, "the brokers do not say which topics {Topics} are ({Reason}): where one was made anew just now, "
        + "what the group had committed of the old one may be taken for its own")]
    public static partial void TopicIdsUnknown(this ILogger log, string topics, string reason);

    [LoggerMessage(94, LogLevel.Warning, "nothing came of partition {Partition} of topic {Topic} for {Seconds} s, not even that its end "
        + "is reached: another client asks")]
    public static partial void StateAnother(this ILogger log, string topic, int partition, double seconds);
}
