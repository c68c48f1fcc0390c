using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Monitor.Gateway.GoMicro.Nats;
using Monitor.Testing.Nats;

namespace Monitor.Gateway.Tests.GoMicro.Nats;

/// <summary>A NATS server that is away, comes back, or refuses.</summary>
public sealed class NatsConnectionTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Server_AwayAtTheStart_GatewayIsReadyAndTakesWhenItIsThere(bool jetStream)
    {
        await using var nats = await NatsServer.PrepareAsync(new() { JetStream = jetStream });
        await using var gateway = await NatsGateway.StartAsync(nats, wait: false);

        await gateway.LoggedAsync("Warning 2052", nats.Url);
        Assert.Equal("Healthy", (await gateway.Gateway.Http.GetStringAsync("/health/ready", GatewayFixture.Limit)).Trim());
        Assert.NotNull(gateway.Fault);
        await nats.RestartAsync();

        await gateway.TakingAsync();
        await using var publisher = new NatsPublisher(nats);
        await Testing.Eventually.UntilAsync("a message is taken", async _ =>
        {
            if (gateway.Taken.Count == 0) await publisher.PublishAsync(NatsPublisher.HealthCheck, NatsGateway.Envelope("one"));
            return gateway.Taken.Count > 0;
        });
        Assert.Single(gateway.Log, line => line.StartsWith("Warning 2052", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Server_KilledAndRestarted_IsTakenFromAgain(bool jetStream)
    {
        await using var nats = await NatsServer.StartAsync(new() { JetStream = jetStream });
        await using var gateway = await NatsGateway.StartAsync(nats);

        await nats.KillAsync();
        await gateway.LoggedAsync("Warning 2052", "The connection is lost.");
        await nats.RestartAsync();
        await gateway.TakingAsync();

        await using var publisher = new NatsPublisher(nats);
        await publisher.PublishAsync(NatsPublisher.HealthCheck, NatsGateway.Envelope("one"));
        await gateway.TakenAsync("one");
        Assert.Equal(2, gateway.Log.Count(line => line.Contains(jetStream ? "Information 2050" : "Information 2051", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Server_RestartedWithJetStream_IsTakenFromByJetStream()
    {
        await using var nats = await NatsServer.StartAsync();
        await using var gateway = await NatsGateway.StartAsync(nats);

        nats.Options = new() { JetStream = true };
        await nats.RestartAsync();
        await gateway.LoggedAsync("Information 2050");

        await using var publisher = new NatsPublisher(nats);
        await publisher.StoreAsync(NatsPublisher.HealthCheck, NatsGateway.Envelope("one"));
        await gateway.TakenAsync("one");
    }

    [Fact]
    public async Task Login_IsWrong_IsSaidOnceWithoutTheSecretAndTriedAgain()
    {
        await using var nats = await NatsServer.StartAsync(new() { JetStream = true, Login = ("monitor", "right-secret") });
        await using var gateway = await NatsGateway.StartAsync(nats, options => (options.User, options.Password) = ("monitor", "wrong-secret"), wait: false);

        await gateway.LoggedAsync("Error 2053", "Authorization Violation", "Monitor:GoMicro:Nats:User");
        Assert.NotNull(gateway.Fault);
        nats.Options = nats.Options with { Login = ("monitor", "wrong-secret") };
        await nats.RestartAsync();

        await gateway.TakingAsync();
        Assert.Single(gateway.Log, line => line.StartsWith("Error", StringComparison.Ordinal));
        Assert.DoesNotContain(gateway.Log, line => line.Contains("-secret", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Server_SpeaksTls_IsTakenFromWhereItsAuthorityIsKnown(bool known)
    {
        var (certificate, key) = await CertificateAsync();
        await using var nats = await NatsServer.StartAsync(new() { Tls = (certificate, key) });
        await using var gateway = await NatsGateway.StartAsync(nats, options => options.CaFile = known ? certificate : "", wait: false);

        if (known) await gateway.TakingAsync();
        else await gateway.LoggedAsync("Warning 2052", "certificate");
        Directory.Delete(Path.GetDirectoryName(certificate)!, recursive: true);
    }

    [Fact]
    public async Task JetStream_RequiredAndNotThere_IsSaid()
    {
        await using var nats = await NatsServer.StartAsync();
        await using var gateway = await NatsGateway.StartAsync(nats, options => options.JetStream = JetStreamMode.Required, wait: false);
        await gateway.LoggedAsync("Error 2053", "Monitor:GoMicro:Nats:JetStream is required");
    }

    [Fact]
    public async Task Stop_ServerIsAway_IsPrompt()
    {
        await using var nats = await NatsServer.StartAsync(new() { JetStream = true });
        await using var gateway = await NatsGateway.StartAsync(nats);
        await nats.KillAsync();
        await gateway.Gateway.StopAsync().WaitAsync(TimeSpan.FromSeconds(20));
    }

    private static async Task<(string Certificate, string Key)> CertificateAsync()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        var folder = Directory.CreateTempSubdirectory("monitor-tls-").FullName;
        var (certificateFile, keyFile) = (Path.Combine(folder, "nats.pem"), Path.Combine(folder, "nats.key"));
        await File.WriteAllTextAsync(certificateFile, certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(keyFile, key.ExportPkcs8PrivateKeyPem());
        return (certificateFile, keyFile);
    }
}
