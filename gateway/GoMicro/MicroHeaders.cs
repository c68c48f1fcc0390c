using Microsoft.Extensions.Primitives;

namespace Monitor.Gateway.GoMicro;

/// <summary>The headers by which go-micro speaks: those of 2016, and the later ones with and without <c>X-</c>.</summary>
internal static class MicroHeaders
{
    public const string Timeout = "Timeout";
    public const string Error = "Micro-Error";

    /// <summary>The topic of a message, where each version puts it.</summary>
    public static readonly IReadOnlyList<string> Topic = [":topic", "Micro-Topic", "X-Micro-Topic"];

    private static readonly IReadOnlyList<string> Method = ["Micro-Endpoint", "X-Micro-Endpoint", "Micro-Method", "X-Micro-Method"];

    private static readonly IReadOnlyList<string> Later = [.. Method, "Micro-Service", "X-Micro-Service", "Micro-Id", "X-Micro-Id"];

    /// <summary>These frame the answer, concern the connection alone, or are secrets: they are not echoed.</summary>
    private static readonly HashSet<string> OwnToRequest = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Content-Length", "Transfer-Encoding", "Content-Encoding", "Connection", "Keep-Alive", "Upgrade", "HTTP2-Settings", "Expect", "TE", "Trailer",
        "Proxy-Authorization", "Proxy-Connection", "Authorization", "Cookie",
    };

    /// <summary>The method that a later client names in a header; empty where it does not.</summary>
    public static string MethodOf(IHeaderDictionary headers) => First(headers, Method);

    /// <summary>The topic of a message whose body is bare; empty where the request is something else.</summary>
    public static string TopicOf(IDictionary<string, StringValues> headers) => First(headers, Topic);

    public static bool IsLater(IHeaderDictionary headers) => First(headers, Later).Length > 0;

    /// <summary>Answers with the headers of the request, as the original does.</summary>
    public static void Echo(HttpRequest request, HttpResponse response)
    {
        foreach (var (name, values) in request.Headers)
        {
            // Kestrel takes more in a request than it may send.
            if (!OwnToRequest.Contains(name) && name[0] != ':' && values.ToString() is { Length: > 0 } value && value.All(static c => c is >= ' ' and <= '~'))
                response.Headers[name] = value;
        }
    }

    private static string First(IDictionary<string, StringValues> headers, IReadOnlyList<string> names)
    {
        foreach (var name in names)
            if (headers.TryGetValue(name, out var values) && values.ToString() is { Length: > 0 } value) return value;
        return "";
    }
}
