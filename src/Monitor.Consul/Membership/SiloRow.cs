using System.Text.Json;
using System.Text.Json.Serialization;
using Orleans;
using Orleans.Runtime;

namespace Monitor.Consul.Membership;

/// <summary>A silo as the official provider writes it: names, their order, and enums as numbers are that format's.</summary>
internal sealed record SiloRow(string? Hostname, int ProxyPort, DateTime StartTime, int Status, string? SiloName, Suspicion[]? SuspectingSilos)
{
    public static SiloRow Of(MembershipEntry entry) => new(
        entry.HostName, entry.ProxyPort, entry.StartTime, (int)entry.Status, entry.SiloName,
        entry.SuspectTimes?.Select(vote => new Suspicion(vote.Item1.ToParsableString(), vote.Item2)).ToArray());

    public MembershipEntry ToEntry(SiloAddress silo, DateTime? iAmAlive) => new()
    {
        SiloAddress = silo,
        HostName = Hostname ?? "",
        ProxyPort = ProxyPort,
        StartTime = StartTime,
        Status = (SiloStatus)Status,
        SiloName = SiloName ?? "",
        RoleName = "",
        SuspectTimes = SuspectingSilos?.Select(vote => Tuple.Create(SiloAddress.FromParsableString(vote.Id), vote.Time)).ToList(),
        IAmAliveTime = iAmAlive ?? StartTime,
    };

    public static byte[] Serialize(SiloRow row) => JsonSerializer.SerializeToUtf8Bytes(row, MembershipJson.Default.SiloRow);

    public static byte[] Serialize(DateTime iAmAlive) => JsonSerializer.SerializeToUtf8Bytes(iAmAlive, MembershipJson.Default.DateTime);
}

internal sealed record Suspicion(string Id, DateTime Time);

[JsonSerializable(typeof(SiloRow))]
[JsonSerializable(typeof(DateTime))]
internal sealed partial class MembershipJson : JsonSerializerContext;
