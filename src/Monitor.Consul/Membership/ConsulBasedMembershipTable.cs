using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Monitor.Consul.Http;
using Monitor.Consul.Membership;
using Orleans.Configuration;

namespace Orleans.Runtime.Membership;

/// <summary>
/// The membership table of a cluster in Consul's key-value store, in the layout of the official provider. Its version and a silo's row change together or
/// not at all. For several threads at once.
/// </summary>
public sealed partial class ConsulBasedMembershipTable : IMembershipTable, IDisposable
{
    private static readonly TimeSpan RetryPeriod = TimeSpan.FromSeconds(1);
    private static readonly byte[] FirstVersion = "0"u8.ToArray();

    private readonly ILogger logger;
    private readonly string? rootFolder;
    private readonly TableKeys keys;
    private readonly ConsulClient consul;
    private readonly TableVersions versions = new();
    private readonly MembershipTableReader reader;
    private volatile string? waiting;

    public ConsulBasedMembershipTable(
        ILogger<ConsulBasedMembershipTable> logger, IOptions<ConsulClusteringOptions> membershipTableOptions, IOptions<ClusterOptions> clusterOptions)
    {
        this.logger = logger;
        rootFolder = membershipTableOptions.Value.KvRootFolder;
        keys = new(rootFolder, clusterOptions.Value.ClusterId);
        consul = membershipTableOptions.Value.CreateClient();
        reader = new(consul, keys, versions, logger);
    }

    /// <summary>
    /// Why the table cannot be relied on: Consul has lost it. Null while all is well. While it is set every read throws, and the silo must not count as ready.
    /// </summary>
    public string? Fault => reader.Fault;

    /// <summary>Why the table cannot be made or found yet: Consul is away, or has no leader. Null once it is there.</summary>
    public string? Waiting => waiting;

    /// <summary>Where it is, for whoever tells a person of it.</summary>
    public override string ToString() => $"{keys.Folder} in Consul at {consul.Address.GetLeftPart(UriPartial.Authority)}";

    /// <summary>Makes the table where there is none. While Consul is away, or has no leader, it waits and says so.</summary>
    /// <exception cref="ConsulException">Consul denies it.</exception>
    public async Task InitializeMembershipTableAsync(bool tryInitTableVersion, CancellationToken cancellationToken)
    {
        // One that was seen and is gone is not made anew: the silos that wait for it would be split from those that find the new one.
        if (!tryInitTableVersion || versions.Highest is not null) return;
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                if (await consul.CreateAsync(keys.Version, FirstVersion, cancellationToken)) logger.TableCreated(keys.Folder);
                waiting = null;
                return;
            }
            catch (ConsulException e) when (e.IsDenied)
            {
                throw keys.Denied(e, "write");
            }
            catch (ConsulException e)
            {
                waiting = $"Waiting for Consul: {e.Message}";
                // Every half minute.
                if (attempt % 30 == 0) logger.WaitingForConsul(keys.Folder, e.Message);
            }

            await Task.Delay(RetryPeriod, TimeProvider.System, cancellationToken);
        }
    }

    /// <inheritdoc cref="IMembershipTable.ReadRow"/>
    public async Task<MembershipTableData> ReadRowAsync(SiloAddress key, CancellationToken cancellationToken) =>
        (await reader.ReadAsync(cancellationToken)).ToData(row => row.Entry.SiloAddress.Equals(key));

    /// <inheritdoc cref="IMembershipTable.ReadAll"/>
    public async Task<MembershipTableData> ReadAllAsync(CancellationToken cancellationToken) => (await reader.ReadAsync(cancellationToken)).ToData();

    /// <inheritdoc cref="IMembershipTable.InsertRow"/>
    public Task<bool> InsertRowAsync(MembershipEntry entry, TableVersion tableVersion, CancellationToken cancellationToken) =>
        WriteAsync(entry, 0, tableVersion, cancellationToken);

    /// <inheritdoc cref="IMembershipTable.UpdateRow"/>
    public async Task<bool> UpdateRowAsync(MembershipEntry entry, string etag, TableVersion tableVersion, CancellationToken cancellationToken)
    {
        var index = ParseEtag(etag, nameof(etag));
        // No stored row has it, and to Consul it means: create.
        return index != 0 && await WriteAsync(entry, index, tableVersion, cancellationToken);
    }

    /// <summary>Writes when a silo was last alive: one request that changes neither its row's etag nor the table's version. Nothing while Consul has lost the table.</summary>
    public Task UpdateIAmAliveAsync(MembershipEntry entry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return Fault is not null ? Task.CompletedTask : consul.PutAsync(keys.Heartbeat(entry.SiloAddress), SiloRow.Serialize(entry.IAmAliveTime), cancellationToken);
    }

    /// <summary>Deletes the table of a cluster, and forgets this one's versions if it is this one's.</summary>
    public async Task DeleteMembershipTableEntriesAsync(string clusterId, CancellationToken cancellationToken)
    {
        var deleted = new TableKeys(rootFolder, clusterId);
        if (deleted == keys) versions.Forget();
        await consul.DeleteFolderAsync(deleted.Folder, cancellationToken);
    }

    public void Dispose() => consul.Dispose();

    private async Task<bool> WriteAsync(MembershipEntry entry, ulong rowIndex, TableVersion tableVersion, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entry);
        ArgumentNullException.ThrowIfNull(tableVersion);
        var versionIndex = ParseEtag(tableVersion.VersionEtag, nameof(tableVersion));
        if (versionIndex == 0 && versions.Highest is not null)
            throw new MembershipTableLostException($"The membership table {keys.Folder} was seen in Consul before, and is not made anew.");

        var written = await consul.TransactAsync(
            [
                new(keys.Row(entry.SiloAddress), SiloRow.Serialize(SiloRow.Of(entry)), rowIndex),
                new(keys.Version, Encoding.UTF8.GetBytes(tableVersion.Version.ToString(CultureInfo.InvariantCulture)), versionIndex),
            ],
            cancellationToken);
        if (written is null)
        {
            logger.StaleWrite(entry.SiloAddress, keys.Folder);
            return false;
        }

        versions.Saw(new(tableVersion.Version, written[1]));
        return true;
    }

    private static ulong ParseEtag(string etag, string parameter) =>
        ulong.TryParse(etag, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            ? index
            : throw new ArgumentException($"The etag '{etag}' is not one of this table: it is a number.", parameter);
}
