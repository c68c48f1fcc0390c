using Microsoft.Extensions.Logging;
using Monitor.Consul.Http;
using Orleans.Runtime.Membership;

namespace Monitor.Consul.Membership;

/// <summary>Reads a cluster's table, and notices when Consul has lost it.</summary>
internal sealed class MembershipTableReader(ConsulClient consul, TableKeys keys, TableVersions versions, ILogger logger)
{
    private string? fault;

    /// <summary>Why the table last read cannot be relied on; null while all is well.</summary>
    public string? Fault => Volatile.Read(ref fault);

    /// <exception cref="MembershipTableLostException">It is older than one that was seen before, or gone.</exception>
    /// <exception cref="ConsulException">Consul cannot be reached, or denies it.</exception>
    public async Task<TableSnapshot> ReadAsync(CancellationToken cancellationToken)
    {
        var before = versions.Highest;
        var snapshot = await SnapshotAsync(cancellationToken);

        if (TableVersions.IsLost(before, snapshot.Version))
        {
            var message = $"Consul at {consul.Address.GetLeftPart(UriPartial.Authority)} has lost the membership table {keys.Folder}: version {before!.Value.Version} was seen there, and now "
                + (snapshot.Version is { } now ? $"version {now.Version}, of an earlier write, is." : "none is.")
                + " Restore Consul's state, or stop every silo and gateway of the cluster, and then start them.";
            if (Interlocked.Exchange(ref fault, message) is null) logger.TableLost(message);
            throw new MembershipTableLostException(message);
        }

        if (snapshot.Version is { } version) versions.Saw(version);
        if (Interlocked.Exchange(ref fault, null) is not null) logger.TableFound(keys.Folder);
        return snapshot;
    }

    private async Task<TableSnapshot> SnapshotAsync(CancellationToken cancellationToken)
    {
        try
        {
            var snapshot = new TableSnapshot(keys, await consul.ListAsync(keys.Folder, cancellationToken));

            // A list leaves out what the token may not read; asked for one key, Consul says that it is denied.
            if (snapshot.Version is null) await consul.GetAsync(keys.Version, cancellationToken);
            return snapshot;
        }
        catch (ConsulException e) when (e.IsDenied)
        {
            throw keys.Denied(e, "read");
        }
    }
}
