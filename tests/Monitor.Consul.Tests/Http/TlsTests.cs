using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Monitor.Consul.Http;
using Monitor.Testing.Consul;

namespace Monitor.Consul.Tests.Http;

public sealed class TlsTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("monitor-tls-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task Https_CertificateOfAPrivateAuthority_IsTrustedByTheHookOnly()
    {
        using var certificate = Certificate(out var files);
        await using var agent = await ConsulAgent.StartAsync(new() { Tls = files });
        using var trusting = SharedConsul.ClientOf([agent.Address], configure: options => options.ConfigureHandler = handler =>
            handler.SslOptions.CertificateChainPolicy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { certificate }, RevocationMode = X509RevocationMode.NoCheck });
        using var wary = SharedConsul.ClientOf([agent.Address]);

        await trusting.PutAsync("a", "1"u8.ToArray());

        var e = await Assert.ThrowsAsync<ConsulException>(() => wary.GetAsync("a"));
        Assert.Null(e.StatusCode);
    }

    private X509Certificate2 Certificate(out (string Certificate, string Key) files)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=consul", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        files = (Path.Combine(folder.FullName, "agent.pem"), Path.Combine(folder.FullName, "agent.key"));
        File.WriteAllText(files.Certificate, certificate.ExportCertificatePem());
        File.WriteAllText(files.Key, key.ExportPkcs8PrivateKeyPem());
        return certificate;
    }
}
