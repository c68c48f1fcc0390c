using System.Collections.Concurrent;
using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Monitor.Protocol;

namespace Monitor.Cli.Tests;

/// <summary>A real gRPC server on a free port of loopback that answers what a test tells it to, and remembers what it was asked.</summary>
public sealed class CannedServer : IAsyncDisposable
{
    private readonly WebApplication application;

    private CannedServer(WebApplication application) => this.application = application;

    public string Url => application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    public Answers Answers => application.Services.GetRequiredService<Answers>();

    public static async Task<CannedServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton<Answers>();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        var application = builder.Build();
        application.MapGrpcService<MonitorService>();
        application.MapGrpcService<ReporterService>();
        await application.StartAsync();
        return new(application);
    }

    public ValueTask DisposeAsync() => application.DisposeAsync();

    private sealed class MonitorService(Answers answers) : Protocol.Monitor.MonitorBase
    {
        public override Task<HealthChecksResponse> HealthChecks(HealthChecksRequest request, ServerCallContext context) =>
            answers.Answer(request, answers.HealthChecks);

        public override Task<ServicesResponse> Services(ServicesRequest request, ServerCallContext context) => answers.Answer(request, answers.Services);

        public override Task<StatusResponse> Status(StatusRequest request, ServerCallContext context) => answers.Answer(request, answers.Status);

        public override Task<StatsResponse> Stats(StatsRequest request, ServerCallContext context) => answers.Answer(request, answers.Stats);

        public override Task<HistoryResponse> History(HistoryRequest request, ServerCallContext context) => answers.Answer(request, answers.History);

        public override Task<SummaryResponse> Summary(SummaryRequest request, ServerCallContext context) => answers.Answer(request, answers.Summary);
    }

    private sealed class ReporterService(Answers answers) : Reporter.ReporterBase
    {
        public override Task<PublishResponse> Report(PublishRequest request, ServerCallContext context) => answers.Answer(request, answers.Report);

        public override async Task Publish(
            IAsyncStreamReader<PublishRequest> requestStream, IServerStreamWriter<PublishAnswers> responseStream, ServerCallContext context)
        {
            await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
            {
                await answers.Answer(request, answers.Report);
                await responseStream.WriteAsync(
                    new PublishAnswers { Answers = { new PublishResponse { Id = request.Id, Accepted = (uint)request.Reports.Count } } },
                    context.CancellationToken);
            }
        }
    }
}

/// <summary>What the server answers, by method, and the requests it got.</summary>
public sealed class Answers : IDisposable
{
    private readonly SemaphoreSlim asked = new(0);

    public ConcurrentQueue<object> Requests { get; } = new();

    public Func<HealthChecksRequest, HealthChecksResponse> HealthChecks { get; set; } = _ => new();

    public Func<ServicesRequest, ServicesResponse> Services { get; set; } = _ => new();

    public Func<StatusRequest, StatusResponse> Status { get; set; } = _ => new();

    public Func<StatsRequest, StatsResponse> Stats { get; set; } = _ => new();

    public Func<HistoryRequest, HistoryResponse> History { get; set; } = _ => new();

    public Func<SummaryRequest, SummaryResponse> Summary { get; set; } = _ => new();

    public Func<PublishRequest, PublishResponse> Report { get; set; } = _ => new() { Accepted = 1 };

    public void Dispose() => asked.Dispose();

    public T Asked<T>() => Requests.OfType<T>().Single();

    /// <summary>Waits until a batch holds such a report.</summary>
    public async Task WhenReportedAsync(Func<Report, bool> wanted, string what)
    {
        using var patience = new CancellationTokenSource(Tool.Patience);
        try
        {
            while (!Requests.OfType<PublishRequest>().Any(batch => batch.Reports.Any(wanted)))
                await asked.WaitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"Waited {Tool.Patience} for a report of {what}");
        }
    }

    internal Task<TResponse> Answer<TRequest, TResponse>(TRequest request, Func<TRequest, TResponse> answer)
    {
        Requests.Enqueue(request!);
        asked.Release();
        return Task.FromResult(answer(request));
    }
}
