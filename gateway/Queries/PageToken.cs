using System.Buffers.Text;
using System.IO.Hashing;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Monitor.Gateway.Errors;

namespace Monitor.Gateway.Queries;

/// <summary>Where a page ended. Opaque to callers: base64url of a small protobuf message.</summary>
/// <param name="First">Sort keys of the last entry: service name, …</param>
/// <param name="Second">… instance id or version, …</param>
/// <param name="Third">… healthcheck id, where there is one.</param>
internal readonly record struct PageToken(string First, string Second, string Third)
{
    /// <summary>The query whose page it is: a token of another one is refused.</summary>
    public static uint Query(params ReadOnlySpan<string?> filters)
    {
        var hash = new XxHash32();
        foreach (var filter in filters)
        {
            hash.Append(Encoding.UTF8.GetBytes(filter ?? ""));
            hash.Append([0xFF]);
        }
        return hash.GetCurrentHashAsUInt32();
    }

    public string Format(uint query)
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true))
        {
            output.WriteTag(1, WireFormat.WireType.Fixed32);
            output.WriteFixed32(query);
            Write(2, First);
            Write(3, Second);
            Write(4, Third);

            void Write(int field, string text)
            {
                output.WriteTag(field, WireFormat.WireType.LengthDelimited);
                output.WriteString(text);
            }
        }
        return Base64Url.EncodeToString(bytes.ToArray());
    }

    /// <summary>Null where the token is empty.</summary>
    /// <exception cref="RpcException">It is none of this query.</exception>
    public static PageToken? Parse(string token, uint query)
    {
        if (token.Length == 0) return null;
        try
        {
            var input = new CodedInputStream(Base64Url.DecodeFromChars(token));
            var texts = new string?[5];
            var found = 0u;
            while (input.ReadTag() is var tag && tag != 0)
            {
                var field = WireFormat.GetTagFieldNumber(tag);
                if (field == 1 && WireFormat.GetTagWireType(tag) == WireFormat.WireType.Fixed32) found = input.ReadFixed32();
                else if (field is >= 2 and <= 4 && WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited) texts[field] = input.ReadString();
                else throw Bad();
            }
            if (texts[2] is not { } first || texts[3] is not { } second || texts[4] is not { } third) throw Bad();
            return found == query ? new(first, second, third) : throw Failure.Invalid("page_token", "It is of a query with other filters; keep these from page to page.");
        }
        catch (Exception exception) when (exception is FormatException or InvalidProtocolBufferException)
        {
            throw Bad();
        }
    }

    private static RpcException Bad() => Failure.Invalid("page_token", "It is no page token; give the next_page_token of the page before, as it is.");
}
