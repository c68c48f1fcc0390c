namespace Monitor.Architecture.Tests;

public sealed class FrozenContractTests
{
    private static readonly IReadOnlyList<string> Now = FrozenContracts.Read();
    private static readonly IReadOnlyList<string> Frozen =
        [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "FrozenContracts.txt")).Where(line => line.Length > 0 && !line.StartsWith('#'))];

    [Fact]
    public void Contracts_WhatWasFrozen_IsUnchanged()
    {
        var broken = Frozen.Except(Now).ToList();
        Assert.True(
            broken.Count == 0,
            "These were removed, renumbered or renamed, while stored journals and processes of another version still use them. " +
            $"Put them back, and give what is new a number of its own:\n{string.Join('\n', broken)}");
    }

    [Fact]
    public void Contracts_WhatIsNew_IsFrozen()
    {
        var added = Now.Except(Frozen).ToList();
        Assert.True(
            added.Count == 0,
            $"These are new. If they are meant to stay, append them to tests/Monitor.Architecture.Tests/FrozenContracts.txt:\n{string.Join('\n', added)}");
    }

    [Fact]
    public void GrainContracts_EveryInterfaceAndMethod_HasAnAlias()
    {
        var unnamed =
            from assembly in House.Assemblies
            from type in assembly.GetTypes()
            where type.IsInterface && type.GetInterfaces().Any(parent => parent.FullName == "Orleans.Runtime.IAddressable")
            from member in type.GetMethods().Cast<System.Reflection.MemberInfo>().Append(type)
            where member.CustomAttributes.All(data => data.AttributeType.FullName != "Orleans.AliasAttribute")
            select $"{type.Name}.{member.Name}";

        Assert.Empty(unnamed);
    }
}
