using Monitor.Rules.Keys;

namespace Monitor.Rules.Tests.Keys;

public sealed class KeyTests
{
    [Theory]
    [InlineData("go-server", "go-server-1")]
    [InlineData("a/b~c", "x/y")]
    [InlineData("~1", "~0/")]
    [InlineData("ünïcode", "…")]
    public void InstanceKey_AsString_ComesBack(string service, string instance) =>
        Assert.Equal(new InstanceKey(service, instance), InstanceKey.Parse(new InstanceKey(service, instance).ToString()));

    [Theory]
    [InlineData("a")]
    [InlineData("check:service:x")]
    public void EventKey_AsString_ComesBack(string name)
    {
        Assert.Equal(EventKey.OfCheck(name), EventKey.Parse(EventKey.OfCheck(name).ToString()));
        Assert.Equal(EventKey.OfService(name), EventKey.Parse(EventKey.OfService(name).ToString()));
    }

    [Theory]
    [InlineData("go-server-672d50a7", 15)]
    [InlineData("", 2)]
    [InlineData("ünïcode", 7)]
    public void Partitioner_OfAnInstance_NeverChanges(string instance, int partition)
    {
        Assert.Equal(partition, Partitioner.OfInstance(instance, 16));
        Assert.Equal(partition, Partitioner.OfInstance(System.Text.Encoding.UTF8.GetBytes(instance), 16));
    }

    [Fact]
    public void OrderedIndex_AddedAndRemovedAtRandom_ListsAsASortedListDoes()
    {
        var random = new Random(3);
        var index = new OrderedIndex<Tuple<InstanceKey>>(t => t.Item1);
        var model = new SortedSet<InstanceKey>();
        for (var i = 0; i < 3000; i++)
        {
            var key = new InstanceKey($"s{random.Next(5)}", $"i{random.Next(60)}");
            if (random.Next(3) == 0) Assert.Equal(model.Remove(key), index.Remove(key));
            else if (model.Add(key)) index.Add(Tuple.Create(key));
            if (i % 50 != 0) continue;
            InstanceKey? after = random.Next(4) == 0 ? null : new($"s{random.Next(6)}", $"i{random.Next(60)}");
            var service = random.Next(2) == 0 ? null : $"s{random.Next(6)}";
            var expected = model.Where(k => (after is null || k.CompareTo(after.Value) > 0) && (service is null || k.Service == service));
            Assert.Equal(expected, index.After(after, service).ToArray().Select(t => t.Item1));
        }
    }

    [Fact]
    public void StringPool_EqualStrings_ShareOne()
    {
        var pool = new StringPool(16);
        var first = pool.Intern(new string('a', 3));
        Assert.Same(first, pool.Intern(new string('a', 3)));
    }
}
