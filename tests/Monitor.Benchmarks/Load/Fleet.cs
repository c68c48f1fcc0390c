using Monitor.Protocol;

namespace Monitor.Benchmarks.Load;

/// <summary>
/// The instances that report, and the encoding of what each says at a tick. An instance belongs to one stream, so nothing here is locked.
/// </summary>
internal sealed class Fleet
{
    private const uint Interval = 60;
    private const uint Ttl = 3600;

    private static readonly (byte[] Name, byte[] Value)[] Results =
    [
        ("foo"u8.ToArray(), "bar "u8.ToArray()),
        ("label"u8.ToArray(), "cruft "u8.ToArray()),
        ("metric"u8.ToArray(), []),
        ("msg"u8.ToArray(), "a successful check, number "u8.ToArray()),
        ("stats"u8.ToArray(), "123."u8.ToArray()),
    ];

    private static readonly byte[] Failure = BackwardWriter.Utf8("Unknown exception");

    private readonly LoadOptions options;
    private readonly TimeProvider clock;
    private readonly ulong epoch;
    private readonly byte[][] services;
    private readonly byte[][] checkIds;
    private readonly byte[][] descriptions;
    private readonly ulong[] ticks;
    private readonly bool[] failing;

    public Fleet(LoadOptions options, TimeProvider clock)
    {
        this.options = options;
        this.clock = clock;
        epoch = (ulong)clock.GetUtcNow().ToUnixTimeMilliseconds();
        services = [.. Enumerable.Range(0, options.Instances).Select(i => ServiceField(ServiceOf(i), InstanceOf(i)))];
        checkIds = options.Ids == CheckIds.Same
            ? [.. Enumerable.Range(0, options.Checks).Select(c => BackwardWriter.Utf8(CheckOf(0, c)))]
            : [.. Enumerable.Range(0, options.Instances * options.Checks).Select(n => BackwardWriter.Utf8(CheckOf(n / options.Checks, n % options.Checks)))];
        descriptions = [.. Enumerable.Range(0, options.Checks).Select(c => BackwardWriter.Utf8($"This is healthcheck {c} of the load that Monitor's benchmark makes"))];
        ticks = new ulong[options.Instances];
        failing = new bool[options.Instances * options.Checks];
    }

    public int Services => (options.Instances + options.InstancesPerService - 1) / options.InstancesPerService;

    /// <summary>Room that any batch fits in.</summary>
    public int MaxBatchBytes => 256 + options.Checks * 512;

    public string ServiceOf(int instance) => $"bench.service.{instance / options.InstancesPerService:0000}";

    public static string InstanceOf(int instance) => $"bench-{instance:000000}-8d5a7c52";

    public string CheckOf(int instance, int check) => options.Ids == CheckIds.Same ? $"bench.check.{check}" : $"bench.check.{instance:000000}.{check}";

    /// <summary>Sequence of the latest report of a check, as far as it was encoded.</summary>
    public ulong LastSequence(int instance, int check) => ticks[instance] == 0 ? 0 : (ticks[instance] - 1) * (ulong)options.Checks + (ulong)check + 1;

    /// <summary>Index of an instance by its id; −1 where it is none of these.</summary>
    public static int IndexOf(string instance) => instance.StartsWith("bench-", StringComparison.Ordinal) ? int.Parse(instance.AsSpan(6, 6)) : -1;

    /// <summary>Index of a check by its id, whose last part it is.</summary>
    public static int CheckIndexOf(string check) => int.Parse(check.AsSpan(check.LastIndexOf('.') + 1));

    /// <summary>Encodes the next publish of an instance at the end of the buffer, and answers it.</summary>
    public ReadOnlySpan<byte> Tick(int instance, ulong id, Span<byte> buffer)
    {
        var tick = ++ticks[instance];
        var now = clock.GetUtcNow();
        var writer = new BackwardWriter(buffer);
        writer.Varint(PublishRequest.EpochFieldNumber, epoch);
        for (var check = options.Checks - 1; check >= 0; check--)
        {
            var sequence = (tick - 1) * (ulong)options.Checks + (ulong)check + 1;
            var end = writer.Start;
            writer.Varint(Report.MillisFieldNumber, (ulong)now.Millisecond);
            writer.Varint(Report.SequenceFieldNumber, sequence);
            Check(ref writer, instance, check, sequence, (ulong)now.ToUnixTimeSeconds());
            writer.Length(PublishRequest.ReportsFieldNumber, end);
        }

        writer.Bytes(PublishRequest.ServiceFieldNumber, services[instance]);
        writer.Varint(PublishRequest.IdFieldNumber, id);
        return buffer[writer.Start..];
    }

    private void Check(ref BackwardWriter writer, int instance, int check, ulong sequence, ulong timestamp)
    {
        ref var fails = ref failing[instance * options.Checks + check];
        if (options.Transitions > 0 && Random.Shared.NextDouble() < options.Transitions) fails = !fails;

        var end = writer.Start;
        if (fails) writer.Bytes(HealthCheck.ErrorFieldNumber, Failure);
        for (var i = Results.Length - 1; i >= 0; i--)
        {
            var entry = writer.Start;
            writer.Numbered(2, Results[i].Value, sequence * 7919 + (ulong)i);
            writer.Bytes(1, Results[i].Name);
            writer.Length(HealthCheck.ResultsFieldNumber, entry);
        }

        writer.Varint(HealthCheck.StatusFieldNumber, (ulong)(fails ? HealthCheck.Types.Status.Error : HealthCheck.Types.Status.Ok));
        writer.Varint(HealthCheck.TtlFieldNumber, Ttl);
        writer.Varint(HealthCheck.IntervalFieldNumber, Interval);
        writer.Varint(HealthCheck.TimestampFieldNumber, timestamp);
        writer.Bytes(HealthCheck.DescriptionFieldNumber, descriptions[check]);
        writer.Bytes(HealthCheck.IdFieldNumber, checkIds[options.Ids == CheckIds.Same ? check : instance * options.Checks + check]);
        writer.Length(Report.HealthcheckFieldNumber, end);
    }

    private static byte[] ServiceField(string name, string instance)
    {
        Span<byte> buffer = stackalloc byte[256];
        var writer = new BackwardWriter(buffer);
        writer.Bytes(Service.IdFieldNumber, BackwardWriter.Utf8(instance));
        writer.Bytes(Service.VersionFieldNumber, "1.0.0"u8);
        writer.Bytes(Service.NameFieldNumber, BackwardWriter.Utf8(name));
        return buffer[writer.Start..].ToArray();
    }
}
