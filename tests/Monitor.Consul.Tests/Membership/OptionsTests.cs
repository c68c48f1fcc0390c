using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Messaging;
using Orleans.Runtime.Membership;

namespace Monitor.Consul.Tests.Membership;

public sealed class OptionsTests
{
    [Theory]
    [InlineData("Address", "127.0.0.1", "Addresses")]
    [InlineData("RequestTimeout", "00:10:00", "RequestTimeout")]
    [InlineData("KvRootFolder", "/a", "KvRootFolder")]
    [InlineData("CaCertificate", "/nowhere/ca.pem", "CaCertificate")]
    public async Task Configuration_Invalid_StopsTheStartAndNamesTheKey(string key, string value, string named)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Orleans:Clustering:ProviderType"] = "Consul", [$"Orleans:Clustering:{key}"] = value });
        builder.UseOrleans();

        var e = await Assert.ThrowsAnyAsync<Exception>(() => { var host = builder.Build(); return host.StartAsync(); });

        Assert.Contains($"ConsulClusteringOptions:{named}", e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Configuration_BindsEveryKey()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Orleans:Clustering:ProviderType"] = "Consul",
            ["Orleans:Clustering:Address"] = "https://a:1",
            ["Orleans:Clustering:Addresses:0"] = "https://b:2",
            ["Orleans:Clustering:KvRootFolder"] = "root",
            ["Orleans:Clustering:AclClientToken"] = "secret",
            ["Orleans:Clustering:Datacenter"] = "dc2",
            ["Orleans:Clustering:RequestTimeout"] = "00:00:07",
        });
        builder.UseOrleansClient();
        using var host = builder.Build();

        var options = host.Services.GetRequiredService<IOptions<ConsulClusteringOptions>>().Value;

        Assert.Equal("root", options.KvRootFolder);
        var consul = options.ToConsulOptions();
        Assert.Equal([new("https://a:1"), new("https://b:2")], consul.Addresses);
        Assert.Equal(("secret", "dc2", TimeSpan.FromSeconds(7)), (consul.Token, consul.Datacenter, consul.RequestTimeout));
        Assert.Equal(TimeSpan.FromSeconds(10), host.Services.GetRequiredService<IGatewayListProvider>().MaxStaleness);
    }

    [Fact]
    public void UseConsul_OfficialOverloads_Configure()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.UseOrleans(silo => silo
            .UseConsulSiloClustering(options => options.ConfigureConsulClient(new Uri("http://a:1"), "secret"))
            .UseConsulSiloClustering(options => options.Configure(o => o.KvRootFolder = "root")));
        using var host = builder.Build();

        var options = host.Services.GetRequiredService<IOptions<ConsulClusteringOptions>>().Value;

        Assert.Equal((new Uri("http://a:1"), "secret", "root"), (options.Address!, options.AclClientToken!, options.KvRootFolder!));
        Assert.IsType<ConsulBasedMembershipTable>(host.Services.GetRequiredService<IMembershipTable>());
        Assert.Throws<ArgumentNullException>(() => options.ConfigureConsulClient(null!));
    }
}
