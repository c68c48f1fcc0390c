using System.Globalization;
using Grpc.Core;
using Monitor.LocalCluster;
using Monitor.Protocol;
using Monitor.Testing;

namespace Monitor.Chaos.Tests;

/// <summary>
/// An instance that first reports just before a blow: no checkpoint knows of it yet, and yet it is not to be denied. Until all is right again a gateway may say that it cannot tell.
/// </summary>
internal sealed class Newborn
{
    private const string Service = "newborn";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private int count;

    private string Id => string.Create(CultureInfo.InvariantCulture, $"newborn-{count:000}");

    /// <summary>Another one reports, and is acknowledged as applied.</summary>
    public async Task ReportAsync(LoopbackCluster cluster, CancellationToken cancellationToken)
    {
        using var gateway = new Gateway(cluster.Members.First(member => member.Kind == MemberKind.Gateway));
        count++;
        var builder = new ReportBuilder(Service, Id) { Interval = 600, Ttl = 3600 };
        var batch = builder.Batch(builder.Status());
        batch.Acknowledge = Acknowledge.Applied;
        Assert.Equal(1u, (await gateway.Reporter.ReportAsync(batch, deadline: Soon(), cancellationToken: cancellationToken)).Accepted);
    }

    /// <summary>Fails where a gateway says that there is no such instance.</summary>
    public async Task AssertKnownAsync(Gateway gateway, CancellationToken cancellationToken)
    {
        if (count == 0) return;
        try
        {
            Assert.Equal(Id, Assert.Single((await gateway.Queries.StatusAsync(new() { Id = Id }, deadline: Soon(), cancellationToken: cancellationToken)).Statuses).Service.Id);
        }
        catch (RpcException e) when (e.StatusCode is not StatusCode.NotFound)
        {
            // It cannot tell, and says so.
        }
    }

    private static DateTime Soon() => TimeProvider.System.GetUtcNow().UtcDateTime + Patience;
}
