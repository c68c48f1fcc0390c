using Grpc.Core;

namespace Monitor.Client.Tests.Integrations;

internal sealed class EchoService : Echo.EchoBase
{
    public override Task<EchoMessage> Unary(EchoMessage request, ServerCallContext context) => Task.FromResult(Answer(request));

    public override async Task<EchoMessage> ClientStream(IAsyncStreamReader<EchoMessage> requestStream, ServerCallContext context)
    {
        var last = new EchoMessage();
        await foreach (var message in requestStream.ReadAllAsync(context.CancellationToken)) last = message;
        return Answer(last);
    }

    public override async Task ServerStream(EchoMessage request, IServerStreamWriter<EchoMessage> responseStream, ServerCallContext context) =>
        await responseStream.WriteAsync(Answer(request));

    public override async Task Duplex(IAsyncStreamReader<EchoMessage> requestStream, IServerStreamWriter<EchoMessage> responseStream, ServerCallContext context)
    {
        await foreach (var message in requestStream.ReadAllAsync(context.CancellationToken)) await responseStream.WriteAsync(Answer(message));
    }

    private static EchoMessage Answer(EchoMessage message) => message.Text switch
    {
        "fail" => throw new RpcException(new Status(StatusCode.Internal, "failed")),
        "late" => throw new RpcException(new Status(StatusCode.DeadlineExceeded, "late")),
        _ => message,
    };
}
