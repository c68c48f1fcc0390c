using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Monitor.Protocol;
using Monitor.Rules.Reports;

namespace Monitor.Gateway.Ingest;

/// <summary>
/// The Reporter service with batches as bytes: they are validated in their wire form and go to the journal as they came. It takes the place of the generated
/// base class, in the shape in which ASP.NET Core and reflection look for one.
/// </summary>
internal static class RawReporter
{
    private const string ServiceName = "go.micro.srv.monitor.Reporter";

    private static readonly Marshaller<byte[]> Batches = Marshallers.Create(
        (batch, context) => context.Complete(batch),
        context => context.PayloadAsNewBuffer());

    private static readonly Marshaller<AnswerBuffer> Answers = Marshallers.Create(
        static (answers, context) =>
        {
            context.SetPayloadLength(answers.Length);
            var writer = context.GetBufferWriter();
            answers.Written.CopyTo(writer.GetSpan(answers.Length));
            writer.Advance(answers.Length);
            context.Complete();
        },
        AnswerBuffer (_) => throw new NotSupportedException("The server only sends answers."));

    private static readonly Marshaller<PublishResponse> Response =
        Marshallers.Create(static answer => answer.ToByteArray(), PublishResponse.Parser.ParseFrom);

    private static readonly Method<byte[], AnswerBuffer> PublishMethod = new(MethodType.DuplexStreaming, ServiceName, "Publish", Batches, Answers);

    private static readonly Method<byte[], PublishResponse> ReportMethod = new(MethodType.Unary, ServiceName, "Report", Batches, Response);

    public static Google.Protobuf.Reflection.ServiceDescriptor Descriptor => Reporter.Descriptor;

    public static void BindService(ServiceBinderBase binder, Base? service)
    {
        binder.AddMethod(PublishMethod, service is null ? null : new DuplexStreamingServerMethod<byte[], AnswerBuffer>(service.Publish));
        binder.AddMethod(ReportMethod, service is null ? null : new UnaryServerMethod<byte[], PublishResponse>(service.Report));
    }

    [BindServiceMethod(typeof(RawReporter), nameof(BindService))]
    public abstract class Base
    {
        public abstract Task Publish(IAsyncStreamReader<byte[]> requestStream, IServerStreamWriter<AnswerBuffer> responseStream, ServerCallContext context);

        public abstract Task<PublishResponse> Report(byte[] request, ServerCallContext context);
    }
}

internal sealed class ReporterService(
    Ingestion ingestion, IngestAdmission admission, IOptions<GatewayOptions> options, StopSignal stop) : RawReporter.Base
{
    public override Task Publish(IAsyncStreamReader<byte[]> requestStream, IServerStreamWriter<AnswerBuffer> responseStream, ServerCallContext context)
    {
        var window = new InFlightWindow(options.Value.MaxInFlightBytesPerStream, options.Value.MaxInFlightBatchesPerStream, admission);
        return new PublishStream(requestStream, responseStream, ingestion, window).RunAsync(stop.Stopping);
    }

    public override Task<PublishResponse> Report(byte[] request, ServerCallContext context) => Report(request, context.CancellationToken);

    public async Task<PublishResponse> Report(byte[] batch, CancellationToken cancellationToken)
    {
        admission.Enter(batch.Length);
        var appending = Task.CompletedTask;
        try
        {
            var answer = ingestion.Append(batch, new ScannedBatch(), [], cancellationToken);
            appending = answer.Done;
            return await answer.ResponseAsync().WaitAsync(cancellationToken);
        }
        finally
        {
            admission.LeaveAfter(appending, batch.Length);
        }
    }
}

/// <summary>Tells streams that the server is stopping, so that it need not wait for their reporters.</summary>
internal sealed class StopSignal
{
    private readonly TaskCompletionSource stopping = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public StopSignal(IHostApplicationLifetime lifetime) => lifetime.ApplicationStopping.Register(stopping.SetResult);

    public Task Stopping => stopping.Task;
}
