using System.Text;

namespace Monitor.Client.Internal;

/// <summary>What the server takes, as monitor.proto states it.</summary>
internal static class Limits
{
    public const int KeyBytes = 256;
    public const int TextBytes = 16 * 1024;
    public const int Results = 256;
    public const int Tags = 64;

    // The server takes 4 MiB a batch; 256 results of 16 KiB would fill one alone.
    public const int ResultBytes = 1024 * 1024;
    public const int BatchBytes = 3 * 1024 * 1024;
    public const int BatchReports = 10_000;

    private static readonly UTF8Encoding strict = new(false, throwOnInvalidBytes: true);

    /// <summary>Null where the text is valid and within its bounds, else what is wrong with it.</summary>
    public static string? Fault(string? text, int minBytes, int maxBytes)
    {
        if (text is null) return "is null";
        try
        {
            var length = strict.GetByteCount(text);
            return length < minBytes ? "is empty" : length > maxBytes ? $"has {length} bytes of UTF-8; at most {maxBytes} are allowed" : null;
        }
        catch (EncoderFallbackException)
        {
            return "is no valid text: it has half of a surrogate pair";
        }
    }

    public static void ThrowUnless(string? text, int minBytes, int maxBytes, string parameter)
    {
        ArgumentNullException.ThrowIfNull(text, parameter);
        if (Fault(text, minBytes, maxBytes) is { } fault) throw new ArgumentException($"The {parameter} of a healthcheck {fault}.", parameter);
    }

    /// <summary>The text, made valid, and cut between characters to at most so many bytes of UTF-8.</summary>
    public static string Cut(string? text, int maxBytes)
    {
        if (string.IsNullOrEmpty(text)) return "";
        if (Fault(text, 0, maxBytes) is null) return text;
        var bytes = Encoding.UTF8.GetBytes(text);
        var length = Math.Min(bytes.Length, maxBytes);
        while (length > 0 && length < bytes.Length && (bytes[length] & 0xC0) == 0x80) length--;
        return Encoding.UTF8.GetString(bytes, 0, length);
    }
}
