using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace BitcoinSock.Mutation;

/// <summary>One small change of one source file: a defect that a test should notice.</summary>
internal sealed partial class Mutant
{
    private const int TextMax = 94;

    public Mutant(string path, SyntaxTree tree, TextSpan span, string replacement)
    {
        Path = path;
        Tree = tree;
        SourceText source = tree.GetText();
        Source = source.Replace(span, replacement);

        // The whole lines, which a list can name though others move.
        int start = source.Lines.GetLineFromPosition(span.Start).Start;
        int end = source.Lines.GetLineFromPosition(span.End).End;
        int longer = replacement.Length - span.Length;
        Line = source.Lines.IndexOf(span.Start) + 1;
        string before = OneLine(source, start, end);
        Entry = new Accepted.Entry(path, before, OneLine(Source, start, end + longer));
    }

    /// <summary>Below <c>src/BitcoinSock</c>.</summary>
    public string Path { get; }

    public SyntaxTree Tree { get; }

    public SourceText Source { get; }

    public int Line { get; }

    /// <summary>Its number among <see cref="Marks"/>; null if it is in none.</summary>
    public int? Member { get; init; }

    public Verdict Verdict { get; set; }

    public Accepted.Entry Entry { get; }

    /// <summary>The folder of a path, or the file if that lies in none.</summary>
    public static string RoomOf(string path) =>
        path.Contains('/') ? path[..(path.IndexOf('/') + 1)] : path;

    private static string OneLine(SourceText source, int start, int end)
    {
        string text = source.ToString(TextSpan.FromBounds(start, end)).Trim();
        text = Spaces().Replace(text, " ");
        return text.Length <= TextMax ? text : text[..TextMax] + " ...";
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}

/// <summary>What became of a mutant.</summary>
internal enum Verdict
{
    /// <summary>There was no time for it.</summary>
    NotTried,

    /// <summary>It is no program: it counts for nothing.</summary>
    NotCompiled,

    /// <summary>A test failed, or the program crashed.</summary>
    Killed,

    /// <summary>The tests did not end in time.</summary>
    TimedOut,

    /// <summary>No test noticed.</summary>
    Survived,
}
