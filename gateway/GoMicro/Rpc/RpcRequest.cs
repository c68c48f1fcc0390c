using System.Text.Json;
using Google.Protobuf;
using Monitor.Gateway.Errors;

namespace Monitor.Gateway.GoMicro.Rpc;

/// <summary>
/// A call, in one of its four forms: JSON-RPC or two frames of protobuf, as in 2016, each with the method in the body; or a bare body in JSON or protobuf, with the method in a header, as
/// later. It is answered in the form it came in.
/// </summary>
internal sealed class RpcRequest
{
    private static readonly byte[] NoId = "null"u8.ToArray();

    private readonly JsonElement parameters;
    private readonly ReadOnlyMemory<byte> body;

    private RpcRequest(Encoding encoding, bool bare, string method, JsonElement parameters = default, ReadOnlyMemory<byte> body = default)
    {
        (Encoding, IsBare, Method) = (encoding, bare, method);
        (this.parameters, this.body) = (parameters, body);
    }

    public Encoding Encoding { get; }

    /// <summary>The method and whether there is an error are in headers.</summary>
    public bool IsBare { get; }

    /// <summary><c>Monitor.HealthChecks</c>; empty where none was named.</summary>
    public string Method { get; }

    /// <summary>Of JSON-RPC, as it was written, whatever its kind.</summary>
    public ReadOnlyMemory<byte> Id { get; private init; } = NoId;

    /// <summary>Of the frames.</summary>
    public ulong Sequence { get; private init; }

    /// <param name="encoding">By the content type.</param>
    /// <param name="method">By a header; empty where there is none.</param>
    /// <param name="body">Must stay as it is for as long as the request is used.</param>
    /// <exception cref="Grpc.Core.RpcException">INVALID_ARGUMENT: it cannot be read.</exception>
    public static RpcRequest Parse(Encoding encoding, string method, ReadOnlyMemory<byte> body) => encoding == Encoding.Json
        ? ParseJson(method, body)
        : ParseProtobuf(method, body);

    /// <summary>What a request that cannot be read is answered as.</summary>
    public static RpcRequest Unreadable(Encoding encoding, string method) => new(encoding, method.Length > 0, method);

    /// <exception cref="Grpc.Core.RpcException">INVALID_ARGUMENT: it cannot be read; names the field.</exception>
    public T Read<T>()
        where T : IMessage<T>, new()
    {
        if (Encoding == Encoding.Json) return MicroJson.Parse<T>(parameters);
        try
        {
            var message = new T();
            message.MergeFrom(body.Span);
            return message;
        }
        catch (InvalidProtocolBufferException malformed)
        {
            throw Failure.Invalid("", $"The request is no {new T().Descriptor.Name}: {malformed.Message}");
        }
    }

    private static RpcRequest ParseJson(string method, ReadOnlyMemory<byte> body)
    {
        if (body.IsEmpty && method.Length > 0) return new(Encoding.Json, true, method);
        using var document = MicroJson.Document(body);
        // The document is over some other's memory, and ends here.
        var call = document.RootElement.Clone();
        if (call.ValueKind != JsonValueKind.Object) throw Failure.Invalid("", "A JSON object is required.");
        var (named, parameters) = (MicroJson.Property(call, "method"), MicroJson.Property(call, "params"));
        if (method.Length > 0 && named is null && parameters is null) return new(Encoding.Json, true, method, call);
        return new(Encoding.Json, false, named is { } name && MicroJson.Text(name, "method") is { Length: > 0 } text ? text : method, Only(parameters))
        {
            Id = MicroJson.Property(call, "id") is { } id ? System.Text.Encoding.UTF8.GetBytes(id.GetRawText()) : NoId,
        };
    }

    private static JsonElement Only(JsonElement? parameters) => parameters switch
    {
        null or { ValueKind: JsonValueKind.Null } => default,
        { ValueKind: JsonValueKind.Array } list => list.GetArrayLength() > 0 ? list[0] : default,
        _ => throw Failure.Invalid("params", "An array that holds one object is required."),
    };

    private static RpcRequest ParseProtobuf(string method, ReadOnlyMemory<byte> body)
    {
        // The length of the first frame begins with 0, as it is far below 16 MiB; no message in protobuf does.
        if (method.Length > 0 && body.Span is not [0, ..]) return new(Encoding.Protobuf, true, method, body: body);
        var rest = body;
        var head = Frames.Take(ref rest, "first");
        var message = Frames.Take(ref rest, "second");
        if (!rest.IsEmpty) throw Failure.Invalid("", $"{rest.Length} bytes follow the two frames.");
        try
        {
            var envelope = RpcEnvelope.Parser.ParseFrom(head.Span);
            return new(Encoding.Protobuf, false, envelope.ServiceMethod.Length > 0 ? envelope.ServiceMethod : method, body: message) { Sequence = envelope.Seq };
        }
        catch (InvalidProtocolBufferException malformed)
        {
            throw Failure.Invalid("", $"The first frame is no envelope: {malformed.Message}");
        }
    }
}
