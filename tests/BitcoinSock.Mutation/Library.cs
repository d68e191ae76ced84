using System.Diagnostics;
using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace BitcoinSock.Mutation;

/// <summary>The library, compiled as its project says, with one file changed or none.</summary>
internal sealed class Library
{
    public const string Folder = "src/BitcoinSock";

    private readonly CSharpCompilation _original;
    private readonly List<(SyntaxTree Tree, string Path)> _sources;

    public Library()
    {
        CSharpCommandLineArguments told = CSharpCommandLineParser.Default.Parse(
            AskCompilerArguments(),
            Path.GetFullPath(Folder),
            sdkDirectory: null
        );
        // What only makes warnings would take half of the time.
        CSharpParseOptions parseOptions = told
            .ParseOptions.WithDocumentationMode(DocumentationMode.None)
            .WithFeatures([new("run-nullable-analysis", "never")]);
        CSharpCompilation original = CSharpCompilation.Create(
            told.CompilationName,
            told.SourceFiles.Select(file => Parse(file.Path, parseOptions)),
            told.MetadataReferences.Select(each =>
                MetadataReference.CreateFromFile(each.Reference, each.Properties)
            ),
            told.CompilationOptions.WithGeneralDiagnosticOption(ReportDiagnostic.Suppress)
                .WithConcurrentBuild(false)
        );
        ISourceGenerator[] generators =
        [
            .. told
                .AnalyzerReferences.Select(each => new AnalyzerFileReference(
                    each.FilePath,
                    new Loader()
                ))
                .SelectMany(each => each.GetGenerators(LanguageNames.CSharp)),
        ];
        CSharpGeneratorDriver
            .Create(generators, parseOptions: parseOptions)
            .RunGeneratorsAndUpdateCompilation(original, out Compilation whole, out _);
        _original = (CSharpCompilation)whole;
        _sources =
        [
            .. from tree in _original.SyntaxTrees
            let path = Path.GetRelativePath(Folder, tree.FilePath).Replace('\\', '/')
            where !path.StartsWith("..", StringComparison.Ordinal)
            where !path.StartsWith("obj/", StringComparison.Ordinal) && !IsOfWindows(path)
            orderby path
            select (tree, path),
        ];
        Marks = new Marks(_original, _sources.Select(source => source.Tree));
    }

    /// <summary>By which to learn what each test reaches.</summary>
    public Marks Marks { get; }

    /// <summary>Every mutant of the files whose paths begin so, in the order of the text.</summary>
    public List<Mutant> Mutants(string[] beginnings) =>
        [
            .. from source in _sources
            where
                beginnings.Length == 0
                || beginnings.Any(each => source.Path.StartsWith(each, StringComparison.Ordinal))
            from change in Operators.On(source.Tree.GetRoot()).OrderBy(change => change.Span.Start)
            select new Mutant(source.Path, source.Tree, change.Span, change.Text)
            {
                Member = Marks.MemberAt(source.Tree, change.Span),
            },
        ];

    /// <summary>The assembly of a mutant; null if that does not compile.</summary>
    public byte[]? Compile(Mutant mutant)
    {
        SyntaxTree changed = mutant.Tree.WithChangedText(mutant.Source);
        return Emit(_original.ReplaceSyntaxTree(mutant.Tree, changed));
    }

    /// <summary>The assembly with its marks.</summary>
    public byte[] CompileMarked() =>
        Emit(Marks.Marked) ?? throw new InvalidOperationException("It does not compile as it is.");

    // What runs under Windows only cannot be killed here.
    private static bool IsOfWindows(string path) =>
        path.StartsWith("Platform/Win", StringComparison.Ordinal);

    private static byte[]? Emit(CSharpCompilation compilation)
    {
        var assembly = new MemoryStream();
        return compilation.Emit(assembly).Success ? assembly.ToArray() : null;
    }

    private static SyntaxTree Parse(string path, CSharpParseOptions options)
    {
        using FileStream file = File.OpenRead(path);
        return CSharpSyntaxTree.ParseText(SourceText.From(file), options, path);
    }

    private static IEnumerable<string> AskCompilerArguments()
    {
        var start = new ProcessStartInfo(
            "dotnet",
            [
                "msbuild",
                Folder,
                "-t:Compile",
                "-p:SkipCompilerExecution=true",
                "-p:ProvideCommandLineArgs=true",
                "-p:NonExistentFile=so-that-it-is-not-skipped",
                "-getItem:CscCommandLineArgs",
            ]
        )
        {
            RedirectStandardOutput = true,
        };
        using Process asked = Process.Start(start)!;
        JsonNode answer = JsonNode.Parse(asked.StandardOutput.ReadToEnd())!;
        asked.WaitForExit();
        return answer["Items"]!["CscCommandLineArgs"]!
            .AsArray()
            .Select(each => (string)each!["Identity"]!);
    }

    private sealed class Loader : IAnalyzerAssemblyLoader
    {
        public void AddDependencyLocation(string fullPath) { }

        public Assembly LoadFromPath(string fullPath) => Assembly.LoadFrom(fullPath);
    }
}
