using System.Buffers.Binary;
using Google.Protobuf;
using Monitor.Protocol;

namespace Monitor.Testing.GoMicro;

/// <summary>A call of the original's client as it was recorded, and what the original answered.</summary>
/// <param name="Name">Of its files: <c>rpc-01-Monitor.HealthChecks</c>.</param>
public sealed record RecordedCall(string Name)
{
    /// <summary>All of them, in the order in which they were made.</summary>
    public static IReadOnlyList<RecordedCall> All { get; } =
    [
        .. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "GoMicro", "Recorded"), "rpc-*.req.http")
            .Select(file => new RecordedCall(Path.GetFileName(file)[..^".req.http".Length]))
            .OrderBy(call => call.Name, StringComparer.Ordinal),
    ];

    public RawHttp Request => RawHttp.Recorded($"{Name}.req.http");

    public RawHttp Response => RawHttp.Recorded($"{Name}.rsp.http");

    /// <summary>The two frames of an answer: the envelope, and the message.</summary>
    /// <exception cref="InvalidDataException">It is not two frames, and nothing else.</exception>
    public static (byte[] Head, byte[] Body) Frames(byte[] bytes)
    {
        var head = BinaryPrimitives.ReadInt32BigEndian(bytes);
        var body = BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(4 + head));
        if (bytes.Length != 8 + head + body) throw new InvalidDataException($"Frames of {head} and {body} bytes are said, and there are {bytes.Length} in all.");
        return (bytes[4..(4 + head)], bytes[(8 + head)..]);
    }

    /// <summary>The message of an answer to this call: the order within a map is no one's promise.</summary>
    public IMessage Answer(byte[] body) => Name.Split('.')[1] switch
    {
        "HealthChecks" => HealthChecksResponse.Parser.ParseFrom(body),
        "Services" => ServicesResponse.Parser.ParseFrom(body),
        "Status" => StatusResponse.Parser.ParseFrom(body),
        "Stats" => StatsResponse.Parser.ParseFrom(body),
        _ => Google.Protobuf.WellKnownTypes.Empty.Parser.ParseFrom(body),
    };

    /// <summary>In what an answer's first line and headers differ from the recorded ones; empty where they do not.</summary>
    public IEnumerable<string> HeadDifferences(RawHttp answer)
    {
        if (answer.FirstLine != Response.FirstLine) yield return $"{answer.FirstLine}, and {Response.FirstLine} was recorded";
        // Go writes an empty value of a map, which protobuf leaves to the writer: the length may differ by it.
        foreach (var (name, recorded) in Response.Headers.Where(header => header.Key != "Content-Length"))
        {
            if (!answer.Headers.TryGetValue(name, out var value) || value != recorded) yield return $"{name}: {value}, and {recorded} was recorded";
        }
    }
}
