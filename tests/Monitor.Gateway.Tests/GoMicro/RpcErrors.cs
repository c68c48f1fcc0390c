using System.Text.Json.Nodes;
using Monitor.Gateway.GoMicro;
using Monitor.Testing.GoMicro;

namespace Monitor.Gateway.Tests.GoMicro;

/// <summary>What an answer of the RPC says is wrong, in whichever form.</summary>
internal static class RpcErrors
{
    // Where each form of an answer has its error: a header of the bare ones, the text of the JSON, the envelope of the frames, or all of it where the content type is none.
    public static string Of(HttpResponseMessage response, byte[] body)
    {
        if (response.Headers.TryGetValues("Micro-Error", out var values)) return values.Single();
        if (body.Length == 0) return "";
        if (response.Content.Headers.ContentType?.MediaType == "application/json")
            return JsonNode.Parse(body) is JsonObject answer && answer["error"] is { } error ? (string)error! : "";
        return body[0] == 0 ? RpcEnvelope.Parser.ParseFrom(RecordedCall.Frames(body).Head).Error : "";
    }

    // Of the original's form with a detail, or the words of Go's RPC; never an exception's, or the place where it was.
    public static bool IsClear(string error) =>
        (error.StartsWith("rpc: can't find", StringComparison.Ordinal) || error.StartsWith("rpc: service/method request ill-formed", StringComparison.Ordinal)
            || JsonNode.Parse(error) is { } parsed && (int)parsed["code"]! is 400 or 404 or 408 or 500 && ((string)parsed["detail"]!).Length > 5)
        && !error.Contains("Exception", StringComparison.Ordinal) && !error.Contains("   at ", StringComparison.Ordinal);
}
