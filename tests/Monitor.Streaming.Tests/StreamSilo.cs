using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Monitor.Journal;
using Monitor.Journal.Testing;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Streams;

namespace Monitor.Streaming.Tests;

/// <summary>A silo with the journal, its streams and the recording consumer; it can be started again on the same data.</summary>
internal sealed class StreamSilo : IAsyncDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("monitor-streaming-").FullName;
    private IHost? host;

    public Recorder Recorder { get; } = new();

    public Action<JournalStreamOptions> Options { get; init; } = o => o.DeliveryRecords = 8;

    public JournalProbe Journal => (JournalProbe)host!.Services.GetRequiredService<IJournal>();

    public IGrainFactory Grains => host!.Services.GetRequiredService<IGrainFactory>();

    public static async Task<StreamSilo> StartedAsync(Action<JournalStreamOptions>? options = null)
    {
        var silo = options is null ? new StreamSilo() : new() { Options = options };
        await silo.StartAsync();
        return silo;
    }

    public async Task StartAsync(Action<JournalProbe>? before = null)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        OpenJournal.AddTo(builder.Services, directory);
        builder.Services.AddSingleton(Recorder);
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(siloPort: FreePort(), gatewayPort: 0);
            silo.AddJournalStreams("journal", Options);
        });
        host = builder.Build();
        await Journal.OpenAsync(CancellationToken.None);
        before?.Invoke(Journal);
        await host.StartAsync();
    }

    public async Task StopAsync()
    {
        var stopped = host!;
        host = null;
        await stopped.StopAsync();
        await stopped.Services.GetRequiredService<IJournal>().DisposeAsync();
        stopped.Dispose();
    }

    public IAsyncStream<T> Stream<T>(string name, string key) =>
        host!.Services.GetRequiredService<IClusterClient>().GetStreamProvider("journal").GetStream<T>(StreamId.Create(name, key));

    public async Task PublishAsync(int partition, int count)
    {
        var stream = Stream<JournalRecord>("reports", partition.ToString(CultureInfo.InvariantCulture));
        for (var i = 0; i < count; i++) await stream.OnNextAsync(new JournalRecord("a/1", [1, 2, 3]));
    }

    public IRecorderGrain Consumer(int partition) => Grains.GetGrain<IRecorderGrain>(partition.ToString(CultureInfo.InvariantCulture));

    public Task TakenAsync(int partition, long last) =>
        Monitor.Testing.Eventually.UntilAsync($"partition {partition} is delivered up to {last}", () => Recorder.LastOf(partition) >= last);

    public async ValueTask DisposeAsync()
    {
        if (host is not null) await StopAsync();
        Directory.Delete(directory, recursive: true);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
