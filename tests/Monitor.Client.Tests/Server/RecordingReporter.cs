using Grpc.Core;
using Monitor.Protocol;

namespace Monitor.Client.Tests.Server;

internal sealed class RecordingReporter(TestServer server) : Reporter.ReporterBase
{
    public override async Task Publish(IAsyncStreamReader<PublishRequest> requestStream, IServerStreamWriter<PublishAnswers> responseStream, ServerCallContext context)
    {
        var connection = server.Connect();
        var http = context.GetHttpContext();
        List<PublishResponse> ready = [];
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            var batch = new Received(request, connection, http.Abort);
            server.Record(batch);
            var answer = server.OnBatch is { } decide ? await decide(batch) : null;
            ready.Add(answer ?? new PublishResponse { Id = request.Id, Accepted = (uint)request.Reports.Count });
            if (ready.Count < server.ReverseOf) continue;
            ready.Reverse();
            await responseStream.WriteAsync(new PublishAnswers { Answers = { ready } });
            ready.Clear();
        }
    }
}
