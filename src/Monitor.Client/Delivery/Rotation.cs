namespace Monitor.Client.Delivery;

/// <summary>Which address is next: the first that has not failed, else the one whose failure is longest ago.</summary>
internal sealed class Rotation
{
    private Dictionary<Uri, int> failures = [];
    private int count;

    public Uri Next(IReadOnlyList<Uri> addresses)
    {
        // One that comes back to the list begins anew.
        failures = addresses.Distinct().Where(failures.ContainsKey).ToDictionary(address => address, address => failures[address]);
        return addresses.MinBy(address => failures.GetValueOrDefault(address))!;
    }

    public void Failed(Uri address) => failures[address] = ++count;
}
