using Google.Api;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Monitor.Gateway.Http;

/// <summary>The contract with its comments, as protoc described it when this was built.</summary>
internal static class Contract
{
    private const string Resource = "contract.pb";

    public static IReadOnlyList<Google.Protobuf.Reflection.ServiceDescriptor> Services()
    {
        using var stream = typeof(Contract).Assembly.GetManifestResourceStream(Resource)!;
        var set = FileDescriptorSet.Parser.ParseFrom(stream);
        var files = FileDescriptor.BuildFromByteStrings(set.File.Select(file => file.ToByteString()), new ExtensionRegistry { AnnotationsExtensions.Http });
        return [.. files.SelectMany(file => file.Services)];
    }
}
