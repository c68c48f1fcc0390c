namespace Monitor.Grains.Abstractions;

/// <summary>
/// The grains of an interface, by their keys. As <see cref="IGrainFactory.GetGrain{TGrainInterface}(string, string)"/>, which reads the interface's attributes again for each reference:
/// a sixteenth of a silo's work, where each report asks for one.
/// </summary>
public sealed class GrainsOf<T>(IGrainFactory factory)
    where T : class, IGrainWithStringKey
{
    private GrainReference? one;

    /// <summary>Refers to a grain, whether it is active or not.</summary>
    public T this[string key]
    {
        get
        {
            if (one is { } known) return (T)factory.GetGrain(GrainId.Create(known.GrainId.Type, key), known.InterfaceType);
            var first = factory.GetGrain<T>(key);
            one = first as GrainReference;
            return first;
        }
    }
}
