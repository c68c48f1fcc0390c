using Monitor.Gateway;

namespace Monitor.Silo;

/// <summary>Asks the server that runs with the same settings whether it is ready: for a container's health check, whose image holds nothing else to ask with.</summary>
internal static class HealthCommand
{
    public const string Name = "health";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>The exit code: 0 where it is ready, else 1, with a line on standard error that says why.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        if (await WhyNotReadyAsync(args) is not { } reason) return 0;
        await Console.Error.WriteLineAsync($"Monitor is not ready: {reason.ReplaceLineEndings(" ").Trim()}");
        return 1;
    }

    private static async Task<string?> WhyNotReadyAsync(string[] args)
    {
        // The server's settings, from where it has them.
        var options = new ConfigurationBuilder().SetBasePath(Directory.GetCurrentDirectory())
            .AddJsonFile("appsettings.json", optional: true).AddEnvironmentVariables().AddCommandLine(args).Build()
            .GetSection("Monitor").Get<GatewayOptions>() ?? new();
        if (options.HttpEndPoint is not { Port: > 0 } listens) return $"Monitor:Http is '{options.Http}'; the address and port of a server are needed.";
        var server = new UriBuilder(Uri.UriSchemeHttp, LocalAddress.Of(listens.Address).ToString(), listens.Port, "health/ready").Uri;
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Patience };
        try
        {
            using var response = await http.GetAsync(server);
            return response.IsSuccessStatusCode ? null : await response.Content.ReadAsStringAsync();
        }
        catch (HttpRequestException e)
        {
            return $"{server} does not answer: {e.GetBaseException().Message}";
        }
        catch (TaskCanceledException)
        {
            return $"{server} does not answer within {Patience.TotalSeconds:0} s";
        }
    }
}
