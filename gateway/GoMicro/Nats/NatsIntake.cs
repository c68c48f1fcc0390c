using System.Globalization;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Monitor.Gateway.Errors;
using Monitor.Gateway.GoMicro.Broker;
using Monitor.Gateway.Ingest;
using NATS.Client.Core;

namespace Monitor.Gateway.GoMicro.Nats;

/// <summary>From messages of NATS to the journal: one window for all that this gateway takes from there.</summary>
internal sealed partial class NatsIntake(Subscriber subscriber, IngestAdmission admission, IOptions<GatewayOptions> options, TimeProvider time, ILogger<NatsIntake> logger)
{
    // Of what all reports on their way may hold.
    private const int PendingShare = 4;

    private static readonly TimeSpan BetweenWarnings = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    private long? warned;

    private readonly InFlightWindow window = new(options.Value.MaxInFlightBytesPerStream, options.Value.MaxInFlightBatchesPerStream, admission);

    /// <summary>Completes when there is room for more.</summary>
    public Task RoomAsync() => window.RoomAsync();

    /// <summary>Bytes of messages that may wait in the client.</summary>
    public long MostPending => options.Value.MaxInFlightBytes / PendingShare;

    /// <summary>Takes a message. Messages are appended in the order in which this is called, whether or not the tasks are awaited; none of them fails.</summary>
    /// <param name="error">What the client could not read of it.</param>
    public async Task<Receipt> TakeAsync(string subject, NatsHeaders? headers, byte[]? data, NatsException? error)
    {
        var size = data?.Length ?? 0;
        try
        {
            window.Enter(size);
        }
        catch (RpcException exhausted)
        {
            return subscriber.Fail(exhausted);
        }
        try
        {
            if (error is not null) return subscriber.Refuse(StatusCodes.Status400BadRequest, $"Error reading message: {error.Message}");
            if (size > BrokerMessage.MaxBytes)
            {
                return subscriber.Refuse(
                    StatusCodes.Status413PayloadTooLarge, string.Create(CultureInfo.InvariantCulture, $"The message has {size} bytes; at most {BrokerMessage.MaxBytes} are allowed."));
            }
            if (!NatsMessage.TryParse(subject, headers, data, out var message, out var fault))
                return subscriber.Refuse(StatusCodes.Status500InternalServerError, $"Error parsing message: {fault}");
            return await subscriber.TakeAsync(message, CancellationToken.None);
        }
        finally
        {
            window.Leave(size, Task.CompletedTask);
        }
    }

    /// <summary>Counts a message for which there was no room in the client.</summary>
    public Receipt Overflow(string subject)
    {
        var topic = Subscriptions.Find(subject)?.Topic ?? Subscriber.NoTopic;
        if (warned is not { } last || time.GetElapsedTime(last) >= BetweenWarnings)
        {
            warned = time.GetTimestamp();
            LogOverflow(topic);
        }
        return subscriber.Fail(Failure.Exhausted("More messages are waiting than are kept.", RetryDelay), topic);
    }
}
