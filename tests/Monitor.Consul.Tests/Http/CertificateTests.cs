using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Monitor.Consul.GoMicro;
using Monitor.Consul.Http;
using Monitor.Consul.Registration;
using Monitor.Consul.Resolver;
using Monitor.Testing;
using Monitor.Testing.Consul;

namespace Monitor.Consul.Tests.Http;

/// <summary>Everything that talks to Consul, by files, with an agent that answers only who shows a certificate of its authority.</summary>
public sealed class CertificateTests(SecuredConsul secured) : IClassFixture<SecuredConsul>, IDisposable
{
    private readonly string service = $"test-{Guid.NewGuid():N}";
    private readonly CertificateAuthority stranger = new();

    public void Dispose() => stranger.Dispose();

    [Fact]
    public async Task Client_CertificatesByFiles_IsAnswered()
    {
        using var client = SharedConsul.ClientOf([secured.Address], configure: secured.Configure);

        await client.PutAsync(service, "1"u8.ToArray());

        Assert.NotNull(await client.GetAsync(service));
    }

    [Fact]
    public async Task Client_CertificateAndKeyInOneFile_IsAnswered()
    {
        var both = Path.GetTempFileName();
        await File.WriteAllTextAsync(both, await File.ReadAllTextAsync(secured.Own.Certificate) + "\n" + await File.ReadAllTextAsync(secured.Own.Key));
        using var client = SharedConsul.ClientOf([secured.Address], configure: options => (options.CaCertificate, options.ClientCertificate) = (secured.Authority.File, both));
        File.Delete(both);

        Assert.Null(await client.GetAsync(service));
    }

    [Fact]
    public async Task Client_AnotherAuthority_SaysThatTheAgentsCertificateIsInvalid()
    {
        using var client = SharedConsul.ClientOf([secured.Address], configure: options =>
        {
            secured.Configure(options);
            options.CaCertificate = stranger.File;
        });

        var e = await Assert.ThrowsAsync<ConsulException>(() => client.GetAsync(service));

        Assert.Contains(secured.Address.Authority, e.Message, StringComparison.Ordinal);
        Assert.Contains("remote certificate is invalid", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_NoCertificateOrAStrangers_SaysThatItIsRefused()
    {
        var (certificate, key) = stranger.Issue();
        foreach (var shown in new[] { (null, null), ((string?)certificate, (string?)key) })
        {
            using var client = SharedConsul.ClientOf(
                [secured.Address], configure: options => (options.CaCertificate, options.ClientCertificate, options.ClientKey) = (secured.Authority.File, shown.Item1, shown.Item2));

            // It says so and hangs up: now and then the second is all that is noticed.
            await Eventually.UntilAsync("it is said that the certificate is refused", async _ =>
                (await Assert.ThrowsAsync<ConsulException>(() => client.GetAsync(service))).Message.Contains("certificate", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Registrations_CertificatesByFiles_AreFoundByTheResolver()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        // As the host of the server does.
        builder.Configuration.AddInMemoryCollection(secured.Settings("Consul"));
        builder.Services.AddOptions<ConsulOptions>().BindConfiguration("Consul");
        builder.Services.AddConsul();
        builder.Services.AddConsulRegistration(
            _ => _ => ValueTask.FromResult(true), options => (options.ServiceName, options.Id, options.Address, options.GrpcPort) = (service, $"{service}-grpc", "10.1.2.3", 8001));
        builder.Services.AddGoMicroRegistration(
            _ => new() { Id = service, Name = service, Version = "1.2.3", Rpc = new("10.1.2.3", 9001), Endpoints = [], Broker = new("10.1.2.3", 9002), Queue = "q", Subscriptions = [] },
            _ => _ => ValueTask.FromResult(true),
            _ => _ => ValueTask.FromResult(true));
        using var host = builder.Build();
        await host.StartAsync();
        var client = host.Services.GetRequiredService<ConsulClient>();

        await Eventually.UntilAsync("both are healthy", async ct => (await client.HealthyAsync(service, cancellationToken: ct)).Entries.Count == 2);
        var found = new System.Collections.Concurrent.ConcurrentQueue<Grpc.Net.Client.Balancer.ResolverResult>();
        using (var resolver = new ConsulResolverFactory(host.Services.GetRequiredService<IOptions<ConsulOptions>>().Value).Create(new Uri($"consul:///{service}"), balance: true, NullLoggerFactory.Instance))
        {
            resolver.Start(found.Enqueue);
            await Eventually.UntilAsync("the resolver finds it", () => found.Any(result => result.Addresses is [{ EndPoint.Port: 8001 }]));
        }

        await host.StopAsync();
    }

    [Theory]
    [InlineData("/nowhere/ca.pem", null, null, "Consul:CaCertificate is '/nowhere/ca.pem'")]
    [InlineData("<key>", null, null, "Consul:CaCertificate is '")]
    [InlineData(null, "/nowhere/own.pem", null, "Consul:ClientCertificate is '/nowhere/own.pem'")]
    [InlineData(null, "<key>", "<key>", "Consul:ClientCertificate is '")]
    [InlineData(null, "<certificate>", null, "Consul:ClientKey is not set")]
    [InlineData(null, "<certificate>", "/nowhere/own.key", "Consul:ClientKey is '/nowhere/own.key'")]
    [InlineData(null, "<certificate>", "<other key>", "Consul:ClientKey is '")]
    [InlineData(null, null, "<key>", "Consul:ClientCertificate is not set")]
    public async Task Files_ThatAreWrong_StopTheStartAndNameTheKey(string? ca, string? certificate, string? key, string expected)
    {
        var other = secured.Authority.Issue().Key;
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddConsul(options => (options.CaCertificate, options.ClientCertificate, options.ClientKey) = (FileOf(ca), FileOf(certificate), FileOf(key)));
        using var host = builder.Build();

        var e = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.Contains(expected, Assert.Single(e.Failures), StringComparison.Ordinal);

        string? FileOf(string? name) => name switch { "<key>" => secured.Own.Key, "<certificate>" => secured.Own.Certificate, "<other key>" => other, _ => name };
    }
}
