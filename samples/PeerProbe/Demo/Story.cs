namespace PeerProbe;

/// <summary>
/// The demo's voice, and its conscience: it prints scenes, and counts what is not true.
/// </summary>
internal sealed class Story(TextWriter output)
{
    private int _scenes;
    private int _checks;
    private int _failures;

    /// <summary>
    /// A numbered scene. One that breaks off is a failure, and the next one is played.
    /// </summary>
    public void Scene(string title, Action<Story> play)
    {
        output.WriteLine();
        output.WriteLine($"{++_scenes}  {title}");
        try
        {
            play(this);
        }
        catch (Exception broke)
        {
            Check(
                "the scene plays to its end",
                "no exception",
                $"{broke.GetType().Name}: {broke.Message}"
            );
        }
    }

    /// <summary>A line of a scene, with a remark at its right.</summary>
    public void Tell(string line, string remark = "") =>
        output.WriteLine($"   {line, -42}  {remark}".TrimEnd());

    /// <summary>Says that the claim holds, or what was expected and what was seen.</summary>
    public void Check<T>(string claim, T expected, T seen)
        where T : notnull => Check(claim, expected.Equals(seen), expected, seen);

    /// <inheritdoc cref="Check{T}(string, T, T)"/>
    public void Check(string claim, bool holds, object expected, object seen)
    {
        _checks++;
        if (holds)
        {
            output.WriteLine($"   ok  {claim}");
            return;
        }

        _failures++;
        output.WriteLine($"   FAILED  {claim}");
        output.WriteLine($"           expected: {expected}");
        output.WriteLine($"           seen:     {seen}");
    }

    public ExitCode End(TimeSpan took)
    {
        output.WriteLine();
        output.WriteLine(
            $"{_checks - _failures} of {_checks} checks hold; it took {took.TotalSeconds:0.0} s."
        );
        return _failures == 0 ? ExitCode.Ok : ExitCode.CheckFailed;
    }
}
