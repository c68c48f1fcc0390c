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
    public void Of_AnyNumberOfSilos_GivesNoneMuchMoreThanItsShare(int partitions, int silos)
    {
        var all = Silos(silos);

        var owners = PartitionOwners.Of(partitions, all);

        Assert.Equal(partitions, owners.Length);
        Assert.All(all, silo => Assert.InRange(owners.Count(owner => owner.Equals(silo)), 0, Math.Ceiling(1.25 * partitions / silos)));
    }

    [Fact]
    public void Of_SilosInAnotherOrder_IsTheSame() => Assert.Equal(PartitionOwners.Of(64, Silos(5)), PartitionOwners.Of(64, Silos(5).Reverse()));

    [Fact]
    public void Of_OneSiloGone_MovesHardlyMoreThanItsOwn()
    {
        var before = PartitionOwners.Of(256, Silos(4));
        var after = PartitionOwners.Of(256, Silos(4).Skip(1));

        var moved = before.Zip(after).Count(pair => !pair.First.Equals(Silo(0)) && !pair.First.Equals(pair.Second));
        Assert.InRange(moved, 0, 16);
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
