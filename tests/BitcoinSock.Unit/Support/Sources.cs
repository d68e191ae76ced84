namespace BitcoinSock.Unit;

/// <summary>The repository the tests were built from; elsewhere there may be none.</summary>
internal static class Sources
{
    public const string Elsewhere = "the sources are elsewhere";

    /// <summary>For <c>SkipUnless</c>.</summary>
    public static bool AreHere => Find() is not null;

    /// <summary>The folder of the solution, with a separator at the end.</summary>
    public static string Root => Find() ?? throw new InvalidOperationException(Elsewhere);

    public static string Read(string path) => File.ReadAllText(Root + path);

    private static string? Find()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "BitcoinSock.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder is null ? null : folder + Path.DirectorySeparatorChar;
    }
}
