using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Monitor.Consul.Http;

/// <summary>The certificates that options name as files: whom a connection trusts, and what it shows.</summary>
internal static class ConsulCertificates
{
    /// <summary>What is wrong with the files, each with the key, the path and the reason.</summary>
    public static IEnumerable<string> Validate(ConsulOptions options, string section)
    {
        if (IsSet(options.CaCertificate) && Failure(() => Clear(Certificates(options.CaCertificate!))) is { } ca)
            yield return $"{section}:CaCertificate is '{options.CaCertificate}': a PEM file with certificates is needed: {ca}";
        if (IsSet(options.ClientKey) && !IsSet(options.ClientCertificate))
            yield return $"{section}:ClientKey is '{options.ClientKey}', and {section}:ClientCertificate is not set: a key is of a certificate.";
        if (!IsSet(options.ClientCertificate)) yield break;

        if (Failure(() => Clear(Certificates(options.ClientCertificate!))) is { } certificate)
            yield return $"{section}:ClientCertificate is '{options.ClientCertificate}': a PEM file with a certificate is needed: {certificate}";
        else if (Failure(() => Own(options).Dispose()) is { } key)
            yield return IsSet(options.ClientKey)
                ? $"{section}:ClientKey is '{options.ClientKey}': a PEM file with the key of {section}:ClientCertificate, not encrypted, is needed: {key}"
                : $"{section}:ClientKey is not set, and '{options.ClientCertificate}' holds no key of its certificate: {key}";
    }

    /// <summary>Has the connections of a handler use them.</summary>
    public static void Apply(ConsulOptions options, SocketsHttpHandler handler)
    {
        if (IsSet(options.CaCertificate))
        {
            // A private authority seldom says where its revocations are.
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.AddRange(Certificates(options.CaCertificate!));
            handler.SslOptions.CertificateChainPolicy = policy;
        }

        if (!IsSet(options.ClientCertificate)) return;
        // Shown whatever authorities the agent names: that there is one to be shown is what was said.
        handler.SslOptions.ClientCertificateContext = SslStreamCertificateContext.Create(Own(options), Certificates(options.ClientCertificate!), offline: true);
    }

    private static bool IsSet(string? path) => !string.IsNullOrEmpty(path);

    private static X509Certificate2Collection Certificates(string path)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPemFile(path);
        return certificates.Count > 0 ? certificates : throw new CryptographicException("It holds no certificate.");
    }

    private static X509Certificate2 Own(ConsulOptions options)
    {
        var own = X509Certificate2.CreateFromPemFile(options.ClientCertificate!, IsSet(options.ClientKey) ? options.ClientKey : null);
        if (!OperatingSystem.IsWindows()) return own;
        // There TLS takes no key that is in memory only.
        using (own) return X509CertificateLoader.LoadPkcs12(own.Export(X509ContentType.Pkcs12), null);
    }

    private static void Clear(X509Certificate2Collection certificates)
    {
        foreach (var certificate in certificates) certificate.Dispose();
    }

    private static string? Failure(Action read)
    {
        try
        {
            read();
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            return e.Message;
        }
    }
}
