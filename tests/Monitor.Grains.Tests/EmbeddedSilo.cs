using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Monitor.Grains.Abstractions;
using Monitor.Journal;
using Monitor.Journal.Sqlite;
using Monitor.Protocol;
using Monitor.Rules.Keys;
using Monitor.Streaming;
using Monitor.Testing;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;

namespace Monitor.Grains.Tests;

/// <summary>A silo with the real journal, streams and grains, on data of its own that it can start again on.</summary>
internal sealed class EmbeddedSilo : IAsyncDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("monitor-grains-").FullName;
    private IHost? host;

    public Action<GrainOptions> Options { get; init; } = _ => { };

    public IGrainFactory Grains => host!.Services.GetRequiredService<IGrainFactory>();

    public IJournal Journal => host!.Services.GetRequiredService<IJournal>();

    public static async Task<EmbeddedSilo> StartAsync(Action<GrainOptions>? options = null)
    {
        var silo = new EmbeddedSilo { Options = options ?? (_ => { }) };
        await silo.StartAsync();
        return silo;
    }

    public async Task StartAsync()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddSqliteJournal(o =>
        {
            o.Path = Path.Combine(directory, "journal.db");
            o.Partitions = 4;
        });
        builder.Services.Configure(Options);
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(siloPort: FreePort(), gatewayPort: 0);
            silo.AddJournalStreams(StreamNames.Provider);
            silo.AddMonitorGrains();
        });
        host = builder.Build();
        await Journal.OpenAsync(CancellationToken.None);
        await host.StartAsync();
    }

    public async Task StopAsync()
    {
        await host!.StopAsync();
        await Journal.DisposeAsync();
        host.Dispose();
    }

    /// <summary>Publishes as the gateway does; the record's sequence is set when it returns.</summary>
    public async Task<JournalRecord> PublishAsync(PublishRequest batch)
    {
        var partition = Partitioner.OfInstance(batch.Service.Id, Journal.Partitions);
        var record = new JournalRecord(new InstanceKey(batch.Service.Name, batch.Service.Id).ToString(), batch.ToByteArray());
        var stream = host!.Services.GetRequiredService<IClusterClient>().GetStreamProvider(StreamNames.Provider)
            .GetStream<JournalRecord>(StreamId.Create(StreamNames.Reports, partition.ToString(CultureInfo.InvariantCulture)));
        await stream.OnNextAsync(record);
        return record;
    }

    public IServiceInstanceGrain Instance(string service, string id) => Grains.GetGrain<IServiceInstanceGrain>(new InstanceKey(service, id).ToString());

    public Task<HealthCheckPage> CheckPage(string id, int limit = 10) =>
        Grains.GetGrain<IHealthCheckGrain>(id).Page(new(null, HealthCheck.Types.Status.Unknown, null, null, 0, limit));

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
