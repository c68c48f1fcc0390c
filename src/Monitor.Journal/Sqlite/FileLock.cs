namespace Monitor.Journal.Sqlite;

/// <summary>
/// Keeps a second opener away for the journal's life. The operating system gives it up when the process ends, however it ends; so the file stays behind and means nothing.
/// </summary>
internal sealed class FileLock : IDisposable
{
    private readonly FileStream stream;

    private FileLock(FileStream stream) => this.stream = stream;

    /// <exception cref="JournalRefusedException">It is held, or its file cannot be made.</exception>
    public static FileLock Take(string journal)
    {
        var path = journal + ".lock";
        try
        {
            var directory = Path.GetDirectoryName(path);
            if (!string.IsNullOrEmpty(directory)) Directory.CreateDirectory(directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(journal, e);
        }
        try
        {
            return new(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (Exception e) when (e is UnauthorizedAccessException or DirectoryNotFoundException or PathTooLongException or FileNotFoundException)
        {
            throw Unusable(journal, e);
        }
        catch (IOException e)
        {
            throw new JournalRefusedException(
                $"The journal '{journal}' is in use by another process, which holds '{path}': stop that process, or set Monitor:DataDirectory to a directory of its own ({e.Message}).", e);
        }
    }

    public static JournalRefusedException Unusable(string journal, Exception e) => new(
        $"The journal '{journal}' cannot be opened: {e.Message} Set Monitor:DataDirectory to a directory that this process may write.", e);

    public void Dispose() => stream.Dispose();
}
