using System.Net;
using Orleans.Runtime;

namespace Monitor.Streaming.Tests;

public sealed class PartitionOwnersTests
{
    [Theory]
    [InlineData(16, 1)]
    [InlineData(16, 3)]
    [InlineData(16, 16)]
    [InlineData(16, 20)]
    [InlineData(1, 3)]
    [InlineData(1024, 7)]
    public void Of_AnyNumberOfSilos_SpreadsEvenly(int partitions, int silos)
    {
        var all = Silos(silos);

        var owners = PartitionOwners.Of(partitions, all);

        Assert.Equal(partitions, owners.Length);
        var counts = all.Select(silo => owners.Count(owner => owner.Equals(silo))).ToList();
        Assert.InRange(counts.Max() - counts.Min(), 0, 1);
    }

    [Fact]
    public void Of_SilosInAnotherOrder_IsTheSame() => Assert.Equal(PartitionOwners.Of(64, Silos(5)), PartitionOwners.Of(64, Silos(5).Reverse()));

    [Fact]
    public void Of_OneSiloGone_MovesNoMoreThanItsOwnAndWhatEvennessTakes()
    {
        var before = PartitionOwners.Of(64, Silos(4));
        var after = PartitionOwners.Of(64, Silos(4).Skip(1));

        var stayed = before.Zip(after).Count(pair => pair.First.Equals(pair.Second));
        Assert.InRange(stayed, 24, 48);
    }

    [Fact]
    public void Of_SiloStartedAgain_GetsBackWhatItHad()
    {
        var before = PartitionOwners.Of(64, Silos(3));
        var after = PartitionOwners.Of(64, [.. Silos(3).Skip(1), Silo(0, generation: 2)]);

        Assert.Equal(before.Select(silo => silo.Endpoint), after.Select(silo => silo.Endpoint));
    }

    [Fact]
    public void Of_SiloAndItsFormerSelf_TheNewerOwns()
    {
        var owners = PartitionOwners.Of(16, [.. Silos(2), Silo(0, generation: 2)]);

        Assert.DoesNotContain(Silo(0), owners);
        Assert.Contains(Silo(0, generation: 2), owners);
    }

    private static SiloAddress[] Silos(int count) => [.. Enumerable.Range(0, count).Select(number => Silo(number))];

    private static SiloAddress Silo(int number, int generation = 1) => SiloAddress.New(IPAddress.Loopback, 11000 + number, generation);
}
