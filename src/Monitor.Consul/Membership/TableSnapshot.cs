using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Monitor.Consul.Http;
using Orleans;
using Orleans.Runtime;

namespace Monitor.Consul.Membership;

/// <summary>A row with the index that is its etag.</summary>
internal readonly record struct StoredRow(MembershipEntry Entry, ulong Index);

/// <summary>A cluster's table as it was at one moment.</summary>
internal sealed class TableSnapshot
{
    private readonly Dictionary<SiloAddress, KeyValue> heartbeats = [];

    /// <exception cref="ConsulException">A value is not what its key says; names the key.</exception>
    public TableSnapshot(TableKeys keys, IReadOnlyList<KeyValue> values)
    {
        List<(SiloAddress Silo, KeyValue Value)> rows = [];
        foreach (var value in values)
        {
            if (value.Key == keys.Version) Version = ReadVersion(value);
            else if (keys.Parse(value.Key) is not { } parsed) continue;
            else if (parsed.IsHeartbeat) heartbeats[parsed.Silo] = value;
            else rows.Add((parsed.Silo, value));
        }

        Rows = rows.ConvertAll(row => new StoredRow(
            Read(row.Value, MembershipJson.Default.SiloRow).ToEntry(row.Silo, heartbeats.TryGetValue(row.Silo, out var heartbeat) ? Time(heartbeat) : null),
            row.Value.ModifyIndex));
    }

    /// <summary>Null where the table has none: it was never made, or is lost.</summary>
    public StoredVersion? Version { get; }

    public IReadOnlyList<StoredRow> Rows { get; }

    public KeyValue? HeartbeatOf(SiloAddress silo) => heartbeats.GetValueOrDefault(silo);

    /// <summary>Heartbeats of silos that have no row.</summary>
    public IEnumerable<KeyValue> Orphans => heartbeats.Where(heartbeat => !Rows.Any(row => row.Entry.SiloAddress.Equals(heartbeat.Key))).Select(heartbeat => heartbeat.Value);

    public MembershipTableData ToData(Func<StoredRow, bool>? where = null) => new(
        Rows.Where(where ?? (static _ => true)).Select(row => Tuple.Create(row.Entry, row.Index.ToString(CultureInfo.InvariantCulture))).ToList(),
        Version is { } version ? new TableVersion(version.Version, version.Index.ToString(CultureInfo.InvariantCulture)) : new TableVersion(0, "0"));

    public static DateTime Time(KeyValue heartbeat) => Read(heartbeat, MembershipJson.Default.DateTime);

    private static StoredVersion ReadVersion(KeyValue value) =>
        int.TryParse(Encoding.UTF8.GetString(value.Value ?? []), NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            ? new(version, value.ModifyIndex)
            : throw new ConsulException($"The key {value.Key} holds no version of a membership table.");

    private static T Read<T>(KeyValue value, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(value.Value ?? [], type) ?? throw new JsonException("It is null.");
        }
        catch (JsonException e)
        {
            throw new ConsulException($"The key {value.Key} does not hold what a membership table keeps there: {e.Message}", null, e);
        }
    }
}
