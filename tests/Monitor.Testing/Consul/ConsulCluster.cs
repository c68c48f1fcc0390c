using Monitor.LocalCluster.Programs;

namespace Monitor.Testing.Consul;

/// <summary>Several Consul servers on loopback that elect a leader and keep what they know in files: any minority of them may be killed.</summary>
public sealed class ConsulCluster : IAsyncDisposable
{
    private ConsulCluster(IReadOnlyList<ConsulAgent> servers) => Servers = servers;

    public IReadOnlyList<ConsulAgent> Servers { get; }

    /// <summary>Of all servers' HTTP APIs.</summary>
    public IReadOnlyList<Uri> Addresses => [.. Servers.Select(server => server.Address)];

    /// <summary>Starts the servers and waits until each knows the leader.</summary>
    public static async Task<ConsulCluster> StartAsync(int servers = 3, CancellationToken cancellationToken = default)
    {
        var program = await ConsulProgram.FindAsync(cancellationToken);
        List<ConsulAgent> agents = [];
        for (var i = 0; i < servers; i++) agents.Add(new(program, new(), agent => Configuration(agent, agents)));
        var cluster = new ConsulCluster(agents);
        try
        {
            await Task.WhenAll(agents.Select(agent => agent.LaunchAsync(cancellationToken)));
            await Task.WhenAll(agents.Select(agent => agent.ReadyAsync(cancellationToken)));
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>The server that leads now, as one that runs sees it; null while there is none.</summary>
    public async Task<ConsulAgent?> LeaderAsync(CancellationToken cancellationToken = default)
    {
        foreach (var server in Servers)
        {
            try
            {
                // "127.0.0.1:8300", with its quotes.
                var leader = (await server.Http.GetStringAsync(new Uri("v1/status/leader", UriKind.Relative), cancellationToken)).Trim('"', '\n');
                if (Servers.FirstOrDefault(other => leader == $"127.0.0.1:{other.ServerPort}") is { } found) return found;
            }
            catch (HttpRequestException)
            {
                // Not this one: it does not run.
            }
        }

        return null;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in Servers) await server.DisposeAsync();
    }

    private static JsonDictionary Configuration(ConsulAgent agent, List<ConsulAgent> all) => new()
    {
        ["server"] = true,
        ["bootstrap_expect"] = all.Count,
        ["data_dir"] = Path.Combine(agent.Folder, "data"),
        ["retry_join"] = all.Where(other => other != agent).Select(other => $"127.0.0.1:{other.SerfPort}").ToArray(),
        ["retry_interval"] = "1s",
    };
}
