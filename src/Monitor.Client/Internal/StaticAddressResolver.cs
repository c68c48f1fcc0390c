namespace Monitor.Client.Internal;

internal sealed class StaticAddressResolver(string servers) : AddressResolver
{
    private readonly IReadOnlyList<Uri> addresses = [.. Split(servers).Select(address => new Uri(address))];

    public override ValueTask<IReadOnlyList<Uri>> ResolveAsync(CancellationToken cancellationToken) => ValueTask.FromResult(addresses);

    public static string[] Split(string? servers) =>
        (servers ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
