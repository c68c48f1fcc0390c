using System.Globalization;
using System.Text;
using Grpc.Core;
using Monitor.Gateway.Errors;
using Monitor.Protocol;

namespace Monitor.Gateway.Queries;

/// <summary>What requests may say: each method answers the value to use, or fails with INVALID_ARGUMENT.</summary>
internal static class RequestRules
{
    public const int DefaultLimit = 10;
    public const int MaxLimit = 10_000;
    public const long MaxOffset = 10_000_000;
    private const int MaxKeyBytes = 256;

    /// <summary>Null where it is empty: any.</summary>
    public static string? Filter(string field, string value)
    {
        if (value.Length == 0) return null;
        var bytes = Encoding.UTF8.GetByteCount(value);
        return bytes <= MaxKeyBytes ? value : throw Failure.Invalid(field, $"It has {bytes} bytes; at most {MaxKeyBytes} are allowed.");
    }

    public static string Required(string field, string value) => Filter(field, value) ?? throw Failure.Invalid(field, "It is required.");

    public static int Limit(ulong limit) => limit <= MaxLimit ? Limit((long)limit) : throw OutOfRange("limit", limit, MaxLimit);

    public static int Limit(long limit) => limit switch
    {
        0 => DefaultLimit,
        > 0 and <= MaxLimit => (int)limit,
        _ => throw OutOfRange("limit", limit, MaxLimit),
    };

    public static long Offset(ulong offset) => offset <= MaxOffset ? (long)offset : throw OutOfRange("offset", offset, MaxOffset);

    public static long Offset(long offset) => offset is >= 0 and <= MaxOffset ? offset : throw OutOfRange("offset", offset, MaxOffset);

    public static View View(View view) => view is Protocol.View.Basic or Protocol.View.Full
        ? view
        : throw Failure.Invalid("view", $"{(int)view} is no known value: BASIC (0) and FULL (1) are allowed.");

    public static HealthCheck.Types.Status Status(HealthCheck.Types.Status status) => status is >= HealthCheck.Types.Status.Unknown and <= HealthCheck.Types.Status.Error
        ? status
        : throw Failure.Invalid("status", $"{(int)status} is no known value: UNKNOWN (0, any), OK (1) and ERROR (2) are allowed.");

    public static long Time(string field, long unixMs) => unixMs >= 0
        ? unixMs
        : throw Failure.Invalid(field, string.Create(CultureInfo.InvariantCulture, $"{unixMs} is negative; Unix milliseconds, or 0, are allowed."));

    /// <summary>Whether services are to be listed that are registered alone.</summary>
    public static bool IncludesRegistry(string include) => include switch
    {
        "" => false,
        "registry" => true,
        _ => throw Failure.Invalid("include", $"'{include}' is not allowed: it must be registry, or empty."),
    };

    private static RpcException OutOfRange<T>(string field, T value, long most) =>
        Failure.Invalid(field, string.Create(CultureInfo.InvariantCulture, $"{value} is out of range: 0 to {most} are allowed."));
}
