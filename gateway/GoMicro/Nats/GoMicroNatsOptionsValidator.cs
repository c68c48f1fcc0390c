using System.Globalization;
using Microsoft.Extensions.Options;

namespace Monitor.Gateway.GoMicro.Nats;

internal sealed class GoMicroNatsOptionsValidator : IValidateOptions<GoMicroNatsOptions>
{
    private const string Section = GoMicroNatsOptions.Section;
    private const long MiB = 1024 * 1024;

    /// <summary>Secrets, and what may hold one, are not repeated in a failure.</summary>
    public ValidateOptionsResult Validate(string? name, GoMicroNatsOptions options)
    {
        var failures = new List<string>();
        if (options.IsConfigured && options.Servers.Length == 0) failures.Add($"{Section}:Url is '{options.Url}'; it must name a server, or be empty.");
        foreach (var server in options.Servers)
            if (FaultOf(server) is { } fault) failures.Add($"{Section}:Url {fault}");
        if (options.User.Length > 0 != options.Password.Length > 0) failures.Add($"{Section}:User and {Section}:Password need each other; only one is set.");
        var logins = Logins(options).ToList();
        if (logins.Count > 1) failures.Add($"{string.Join(" and ", logins.Select(login => $"{Section}:{login}"))} are set; at most one way to log in is allowed.");
        File(nameof(options.CredentialsFile), options.CredentialsFile);
        File(nameof(options.NKeyFile), options.NKeyFile);
        File(nameof(options.CaFile), options.CaFile);
        if (!Enum.IsDefined(options.JetStream)) failures.Add($"{Section}:JetStream is '{options.JetStream}'; auto, required and off are allowed.");
        if (options.Stream.Length is < 1 or > 255 || options.Stream.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_')))
            failures.Add($"{Section}:Stream is '{options.Stream}'; 1 to 255 letters, digits, - and _ are allowed.");
        if (options.StreamMaxAge < TimeSpan.FromMinutes(1) || options.StreamMaxAge > TimeSpan.FromDays(31))
            failures.Add($"{Section}:StreamMaxAge is {options.StreamMaxAge}; 00:01:00 to 31.00:00:00 are allowed.");
        if (options.StreamMaxBytes is < 8 * MiB or > 1024 * 1024 * MiB)
            failures.Add(string.Create(CultureInfo.InvariantCulture, $"{Section}:StreamMaxBytes is {options.StreamMaxBytes}; {8 * MiB} to {1024 * 1024 * MiB} are allowed."));
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);

        void File(string key, string path)
        {
            if (path.Length > 0 && !System.IO.File.Exists(path)) failures.Add($"{Section}:{key} is '{path}'; there is no such file.");
        }
    }

    private static string? FaultOf(string server)
    {
        if (server.Contains('@', StringComparison.Ordinal)) return $"holds a user or a password; they belong in {Section}:User and {Section}:Password, or {Section}:Token.";
        var text = server.Contains("://", StringComparison.Ordinal) ? server : $"nats://{server}";
        return Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri is { Scheme: "nats" or "tls", Host.Length: > 0, PathAndQuery: "" or "/", Fragment: "" }
            ? null
            : $"has '{server}'; nats://<host>:<port> and tls://<host>:<port> are allowed, with commas between.";
    }

    private static IEnumerable<string> Logins(GoMicroNatsOptions options)
    {
        if (options.User.Length > 0 || options.Password.Length > 0) yield return nameof(options.User);
        if (options.Token.Length > 0) yield return nameof(options.Token);
        if (options.CredentialsFile.Length > 0) yield return nameof(options.CredentialsFile);
        if (options.NKeyFile.Length > 0) yield return nameof(options.NKeyFile);
    }
}
