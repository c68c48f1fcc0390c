using System.Reflection;
using Google.Protobuf.Reflection;
using Monitor.Protocol;

namespace Monitor.Architecture.Tests;

/// <summary>What is stored, or crosses between processes of different versions, one line each.</summary>
internal static class FrozenContracts
{
    private static readonly FileDescriptor[] Protos = [MonitorReflection.Descriptor, ReporterReflection.Descriptor, JournalReflection.Descriptor];

    // Rooms whose public enums are in stored bytes, or cross between silos.
    private static readonly string[] Stored = ["Monitor.Rules", "Monitor.Journal", "Monitor.Grains.Abstractions"];

    public static IReadOnlyList<string> Read() =>
        [.. Protos.SelectMany(OfProto).Concat(House.Assemblies.SelectMany(OfAssembly)).Distinct().Order(StringComparer.Ordinal)];

    private static IEnumerable<string> OfProto(FileDescriptor file) =>
        file.MessageTypes.SelectMany(OfMessage)
            .Concat(file.EnumTypes.SelectMany(OfEnum))
            .Concat(file.Services.SelectMany(service => service.Methods).Select(OfMethod));

    private static string OfMethod(MethodDescriptor method) =>
        $"rpc {method.FullName}: {Streamed(method.IsClientStreaming, method.InputType)} -> {Streamed(method.IsServerStreaming, method.OutputType)}";

    private static string Streamed(bool stream, MessageDescriptor type) => (stream ? "stream " : "") + type.Name;

    private static IEnumerable<string> OfMessage(MessageDescriptor message) =>
        message.Fields.InDeclarationOrder().Select(OfField)
            .Concat(message.NestedTypes.Where(nested => !nested.GetOptions()?.MapEntry ?? true).SelectMany(OfMessage))
            .Concat(message.EnumTypes.SelectMany(OfEnum));

    private static string OfField(FieldDescriptor field) =>
        $"proto {field.ContainingType.FullName} {field.FieldNumber}: {(field is { IsRepeated: true, IsMap: false } ? "repeated " : "")}{TypeName(field)} {field.Name}, in JSON {field.JsonName}";

    private static string TypeName(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Message when field.IsMap => $"map<{TypeName(field.MessageType.Fields[1])}, {TypeName(field.MessageType.Fields[2])}>",
        FieldType.Message => field.MessageType.Name,
        FieldType.Enum => field.EnumType.FullName,
        var type => type.ToString().ToLowerInvariant(),
    };

    private static IEnumerable<string> OfEnum(EnumDescriptor type) => type.Values.Select(value => $"enum {type.FullName} {value.Number}: {value.Name}");

    private static IEnumerable<string> OfAssembly(Assembly assembly)
    {
        // Generated from the protos, which are above.
        if (assembly == typeof(HealthCheck).Assembly) yield break;
        foreach (var type in assembly.GetTypes().Where(type => type.Namespace?.StartsWith("Monitor.", StringComparison.Ordinal) == true))
        {
            if (type is { IsEnum: true, IsPublic: true } && Stored.Contains(assembly.GetName().Name!))
            {
                foreach (var name in Enum.GetNames(type)) yield return $"enum {type.FullName} {Convert.ToInt64(Enum.Parse(type, name))}: {name}";
            }

            if (Orleans(type, "AliasAttribute") is { } alias) yield return $"alias {alias}: {type.FullName}";
            foreach (var member in type.GetMembers(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                if (Orleans(member, "AliasAttribute") is { } name) yield return $"alias {type.FullName} {name}: {member.Name}";
                if (Orleans(member, "IdAttribute") is { } id) yield return $"id {type.FullName} {id}: {member.Name}";
            }
        }
    }

    private static string? Orleans(MemberInfo member, string attribute) =>
        member.CustomAttributes.FirstOrDefault(data => data.AttributeType.FullName == $"Orleans.{attribute}")?.ConstructorArguments[0].Value?.ToString();
}
