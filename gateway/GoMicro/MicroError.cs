using System.Globalization;
using Grpc.Core;
using Microsoft.AspNetCore.WebUtilities;

namespace Monitor.Gateway.GoMicro;

/// <summary>An error as go-micro writes it: a string of JSON.</summary>
/// <param name="Id">What failed.</param>
/// <param name="Code">A status of HTTP.</param>
/// <param name="Detail">For people.</param>
internal readonly record struct MicroError(string Id, int Code, string Detail)
{
    /// <summary>In ASCII, so that it fits into a header too.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $$"""{"id":{{Quote(Id)}},"code":{{Code}},"detail":{{Quote(Detail)}},"status":{{Quote(ReasonPhrases.GetReasonPhrase(Code))}}}""");

    /// <summary>The same failure as it is told over gRPC.</summary>
    public static MicroError Of(string id, RpcException failure) => new(id, CodeOf(failure.StatusCode), failure.Status.Detail);

    private static int CodeOf(StatusCode code) => code switch
    {
        StatusCode.InvalidArgument => StatusCodes.Status400BadRequest,
        StatusCode.NotFound => StatusCodes.Status404NotFound,
        StatusCode.DeadlineExceeded or StatusCode.Cancelled => StatusCodes.Status408RequestTimeout,
        StatusCode.ResourceExhausted => StatusCodes.Status429TooManyRequests,
        StatusCode.Unavailable => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    };

    // The escapes that are not needed in plain JSON would make the original's words differ.
    private static string Quote(string text)
    {
        var quoted = new System.Text.StringBuilder(text.Length + 2).Append('"');
        foreach (var c in text)
        {
            if (c is '"' or '\\') quoted.Append('\\').Append(c);
            else if (c is >= ' ' and <= '~') quoted.Append(c);
            else quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
        }
        return quoted.Append('"').ToString();
    }
}
