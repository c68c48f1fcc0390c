using System.Diagnostics.CodeAnalysis;
using Microsoft.Net.Http.Headers;

namespace Monitor.Gateway.GoMicro;

/// <summary>In what a message or a call is written.</summary>
internal enum Encoding
{
    Protobuf,
    Json,
}

internal static class ContentTypes
{
    /// <summary>Whether it is one of the original's; parameters of it do not matter.</summary>
    public static bool TryParse(string? contentType, [NotNullWhen(true)] out Encoding? encoding)
    {
        encoding = MediaTypeHeaderValue.TryParse(contentType, out var type)
            ? type.MediaType.Value?.ToLowerInvariant() switch
            {
                "application/json" or "application/json-rpc" => Encoding.Json,
                "application/protobuf" or "application/proto-rpc" or "application/octet-stream" => Encoding.Protobuf,
                _ => null,
            }
            : null;
        return encoding is not null;
    }
}
