using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace BitcoinSock.Mutation;

/// <summary>
/// The library with a mark at the beginning of every member, to learn which test reaches which. A
/// program that ends writes the numbers of the members that it reached.
/// </summary>
internal sealed class Marks
{
    /// <summary>The environment variable that says where to write the numbers.</summary>
    public const string Variable = "MUTATION_REACHED";

    private readonly List<(SyntaxTree Tree, TextSpan Span)> _members = [];
    private readonly List<TextChange> _changes = [];

    public Marks(CSharpCompilation original, IEnumerable<SyntaxTree> trees)
    {
        Marked = original;
        foreach (SyntaxTree tree in trees)
        {
            SemanticModel model = original.GetSemanticModel(tree);
            foreach (SyntaxNode node in tree.GetRoot().DescendantNodes())
            {
                Mark(node, model);
            }

            SourceText marked = tree.GetText().WithChanges(_changes);
            _changes.Clear();
            Marked = Marked.ReplaceSyntaxTree(tree, tree.WithChangedText(marked));
        }

        SyntaxTree first = original.SyntaxTrees[0];
        Marked = Marked.AddSyntaxTrees(
            CSharpSyntaxTree.ParseText(Recorder(), (CSharpParseOptions)first.Options)
        );
    }

    public CSharpCompilation Marked { get; }

    /// <summary>
    /// The member that the place is in; null where no mark can be: an initial value of a field.
    /// </summary>
    public int? MemberAt(SyntaxTree tree, TextSpan place)
    {
        int found = _members.FindIndex(member =>
            member.Tree == tree && member.Span.Contains(place)
        );
        return found < 0 ? null : found;
    }

    private void Mark(SyntaxNode node, SemanticModel model)
    {
        (SyntaxNode? body, ArrowExpressionClauseSyntax? arrow) = node switch
        {
            BaseMethodDeclarationSyntax method => (method.Body, method.ExpressionBody),
            AccessorDeclarationSyntax accessor => (accessor.Body, accessor.ExpressionBody),
            PropertyDeclarationSyntax property => (null, property.ExpressionBody),
            IndexerDeclarationSyntax indexer => (null, indexer.ExpressionBody),
            _ => ((SyntaxNode?)null, (ArrowExpressionClauseSyntax?)null),
        };
        string mark = $"global::Reached.At({_members.Count});";
        if (body is not null)
        {
            _changes.Add(new TextChange(new TextSpan(body.SpanStart + 1, 0), mark));
        }
        else if (arrow is not null)
        {
            SyntaxToken end = arrow.GetLastToken().GetNextToken();
            bool gives =
                arrow.Expression is not ThrowExpressionSyntax
                && model.GetDeclaredSymbol(node)
                    is not IMethodSymbol { ReturnsVoid: true }
                        and not IMethodSymbol
                        {
                            IsAsync: true,
                            ReturnType: INamedTypeSymbol { IsGenericType: false },
                        };
            string block = $"{{ {mark} {(gives ? "return " : "")}{arrow.Expression}; }}";
            bool isWhole = node is PropertyDeclarationSyntax or IndexerDeclarationSyntax;
            _changes.Add(
                new TextChange(
                    TextSpan.FromBounds(arrow.SpanStart, end.Span.End),
                    isWhole ? $"{{ get {block} }}" : block
                )
            );
        }
        else
        {
            return;
        }

        _members.Add((node.SyntaxTree, node.Span));
    }

    private string Recorder() =>
        $$"""
            internal static class Reached
            {
                private static readonly string File =
                    System.Environment.GetEnvironmentVariable("{{Variable}}")!;

                private static readonly bool[] Members = new bool[{{_members.Count}}];

                static Reached() => System.AppDomain.CurrentDomain.ProcessExit += static (_, _) =>
                {
                    for (int i = 0; i < Members.Length; i++)
                    {
                        if (Members[i])
                        {
                            System.IO.File.AppendAllText(File, $"{i}\n");
                        }
                    }
                };

                public static void At(int member) => Members[member] = true;
            }
            """;
}
