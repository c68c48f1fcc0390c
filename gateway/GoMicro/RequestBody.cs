using System.Buffers;
using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using Monitor.Gateway.Ingest;

namespace Monitor.Gateway.GoMicro;

/// <summary>A request that cannot be read: its sender is told so by this status.</summary>
internal sealed class BodyRefusedException(int status, string message) : Exception(message)
{
    public int Status { get; } = status;
}

/// <summary>
/// The body of a request, read whole. What all bodies hold counts against what the gateway may hold at once, and grows only with what has arrived: a length that is
/// promised and never sent costs nothing.
/// </summary>
internal sealed class RequestBody : IDisposable
{
    private const int FirstRead = 4 * 1024;

    private readonly IngestAdmission admission;
    private byte[] buffer;
    private int length;

    private RequestBody(IngestAdmission admission)
    {
        this.admission = admission;
        admission.Enter(FirstRead);
        buffer = ArrayPool<byte>.Shared.Rent(FirstRead);
        counted = FirstRead;
    }

    private int counted;

    public ReadOnlyMemory<byte> Bytes => buffer.AsMemory(0, length);

    /// <exception cref="BodyRefusedException">It is too large, too slow, or broken off.</exception>
    /// <exception cref="Grpc.Core.RpcException">All requests together hold too much.</exception>
    public static async Task<RequestBody> ReadAsync(HttpContext context, int most, IngestAdmission admission)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = most;
        var body = new RequestBody(admission);
        try
        {
            int read;
            do
            {
                if (body.length == body.counted) body.Grow();
                read = await context.Request.Body.ReadAsync(body.buffer.AsMemory(body.length, body.counted - body.length), context.RequestAborted);
                body.length += read;
            }
            while (read > 0);
            return body;
        }
        catch (BadHttpRequestException refused)
        {
            body.Dispose();
            throw new BodyRefusedException(refused.StatusCode, refused.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? string.Create(CultureInfo.InvariantCulture, $"The body is too large; at most {most} bytes are allowed.")
                : refused.Message);
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        if (counted == 0) return;
        ArrayPool<byte>.Shared.Return(buffer);
        admission.Leave(counted);
        counted = 0;
        buffer = [];
        length = 0;
    }

    private void Grow()
    {
        admission.Enter(counted);
        var larger = ArrayPool<byte>.Shared.Rent(counted * 2);
        buffer.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
        counted *= 2;
    }
}
