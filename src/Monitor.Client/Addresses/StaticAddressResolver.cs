namespace Monitor.Client.Addresses;

/// <summary>Addresses that are written down, in an order that is random once, so that reporters spread over them.</summary>
internal sealed class StaticAddressResolver : AddressResolver
{
    private readonly string[] servers;
    private readonly Uri[] addresses;

    public StaticAddressResolver(string[] servers)
    {
        this.servers = servers;
        addresses = [.. servers.Select(server => new Uri(server))];
        Random.Shared.Shuffle(addresses);
    }

    public override ValueTask<IReadOnlyList<Uri>> ResolveAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<Uri>>(addresses);

    public override string ToString() => string.Join(", ", servers);
}
