using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace BitcoinSock.Mutation;

/// <summary>
/// What may be wrong with a program, in small: another operator, a condition turned round, a
/// branch always or never taken, a statement left out, 0 for 1, a text left out.
/// </summary>
internal sealed class Operators : CSharpSyntaxWalker
{
    private static readonly Dictionary<SyntaxKind, string[]> Instead = new()
    {
        [SyntaxKind.LessThanToken] = ["<=", ">"],
        [SyntaxKind.LessThanEqualsToken] = ["<", ">"],
        [SyntaxKind.GreaterThanToken] = [">=", "<"],
        [SyntaxKind.GreaterThanEqualsToken] = [">", "<"],
        [SyntaxKind.EqualsEqualsToken] = ["!="],
        [SyntaxKind.ExclamationEqualsToken] = ["=="],
        [SyntaxKind.AmpersandAmpersandToken] = ["||"],
        [SyntaxKind.BarBarToken] = ["&&"],
        [SyntaxKind.AmpersandToken] = ["|"],
        [SyntaxKind.BarToken] = ["&"],
        [SyntaxKind.AndKeyword] = ["or"],
        [SyntaxKind.OrKeyword] = ["and"],
        [SyntaxKind.PlusToken] = ["-"],
        [SyntaxKind.MinusToken] = ["+"],
        [SyntaxKind.AsteriskToken] = ["/"],
        [SyntaxKind.SlashToken] = ["*"],
        [SyntaxKind.PercentToken] = ["*"],
        [SyntaxKind.LessThanLessThanToken] = [">>"],
        [SyntaxKind.GreaterThanGreaterThanToken] = ["<<"],
        [SyntaxKind.PlusPlusToken] = ["--"],
        [SyntaxKind.MinusMinusToken] = ["++"],
        [SyntaxKind.PlusEqualsToken] = ["-="],
        [SyntaxKind.MinusEqualsToken] = ["+="],
        [SyntaxKind.AmpersandEqualsToken] = ["|="],
        [SyntaxKind.BarEqualsToken] = ["&="],
        [SyntaxKind.TrueKeyword] = ["false"],
        [SyntaxKind.FalseKeyword] = ["true"],
    };

    private readonly List<(TextSpan Span, string Text)> _found = [];

    /// <summary>Every place that can be changed, and what to write there.</summary>
    public static List<(TextSpan Span, string Text)> On(SyntaxNode root)
    {
        var operators = new Operators();
        operators.Visit(root);
        return operators._found;
    }

    public override void VisitBinaryExpression(BinaryExpressionSyntax node)
    {
        Swap(node.OperatorToken);
        if (node.IsKind(SyntaxKind.CoalesceExpression))
        {
            Replace(node, node.Left);
            Replace(node, node.Right);
        }

        base.VisitBinaryExpression(node);
    }

    public override void VisitBinaryPattern(BinaryPatternSyntax node)
    {
        Swap(node.OperatorToken);
        base.VisitBinaryPattern(node);
    }

    public override void VisitRelationalPattern(RelationalPatternSyntax node)
    {
        Swap(node.OperatorToken);
        base.VisitRelationalPattern(node);
    }

    public override void VisitUnaryPattern(UnaryPatternSyntax node)
    {
        Replace(node, node.Pattern);
        base.VisitUnaryPattern(node);
    }

    public override void VisitAssignmentExpression(AssignmentExpressionSyntax node)
    {
        Swap(node.OperatorToken);
        base.VisitAssignmentExpression(node);
    }

    public override void VisitPrefixUnaryExpression(PrefixUnaryExpressionSyntax node)
    {
        if (node.Kind() is SyntaxKind.PreIncrementExpression or SyntaxKind.PreDecrementExpression)
        {
            Swap(node.OperatorToken);
        }
        else if (!node.IsKind(SyntaxKind.AddressOfExpression))
        {
            Replace(node, node.Operand);
        }

        base.VisitPrefixUnaryExpression(node);
    }

    public override void VisitPostfixUnaryExpression(PostfixUnaryExpressionSyntax node)
    {
        Swap(node.OperatorToken);
        base.VisitPostfixUnaryExpression(node);
    }

    public override void VisitConditionalExpression(ConditionalExpressionSyntax node)
    {
        Replace(node, node.WhenTrue);
        Replace(node, node.WhenFalse);
        base.VisitConditionalExpression(node);
    }

    public override void VisitWithExpression(WithExpressionSyntax node)
    {
        Replace(node, node.Expression);
        base.VisitWithExpression(node);
    }

    public override void VisitIfStatement(IfStatementSyntax node)
    {
        Negate(node.Condition);
        base.VisitIfStatement(node);
    }

    public override void VisitWhileStatement(WhileStatementSyntax node)
    {
        Negate(node.Condition);
        base.VisitWhileStatement(node);
    }

    public override void VisitWhenClause(WhenClauseSyntax node)
    {
        Negate(node.Condition);
        base.VisitWhenClause(node);
    }

    public override void VisitInvocationExpression(InvocationExpressionSyntax node)
    {
        if (node.Expression is MemberAccessExpressionSyntax { Expression: var of } called)
        {
            string? other = $"{of}.{called.Name}" switch
            {
                "Math.Min" => "Max",
                "Math.Max" => "Min",
                _ => null,
            };
            if (other is not null)
            {
                _found.Add((called.Name.Span, other));
            }
            else if (called.Name.Identifier.Text == nameof(Task.ConfigureAwait))
            {
                // Its argument is the analyzers' to see (CA2007): no test has a context.
                Visit(of);
                return;
            }
        }

        base.VisitInvocationExpression(node);
    }

    public override void VisitLiteralExpression(LiteralExpressionSyntax node)
    {
        Swap(node.Token);
        if (node.Token.Value is 0 or 1)
        {
            _found.Add((node.Span, node.Token.Value is 0 ? "1" : "0"));
        }
        else if (node.IsKind(SyntaxKind.StringLiteralExpression))
        {
            _found.Add((node.Span, node.Token.ValueText.Length == 0 ? "\"mutant\"" : "\"\""));
        }
    }

    public override void VisitInterpolatedStringExpression(InterpolatedStringExpressionSyntax node)
    {
        _found.Add((node.Span, "\"\""));
        base.VisitInterpolatedStringExpression(node);
    }

    public override void VisitExpressionStatement(ExpressionStatementSyntax node)
    {
        LeaveOut(node);
        base.VisitExpressionStatement(node);
    }

    public override void VisitReturnStatement(ReturnStatementSyntax node)
    {
        LeaveOut(node);
        base.VisitReturnStatement(node);
    }

    public override void VisitBreakStatement(BreakStatementSyntax node) => LeaveOut(node);

    public override void VisitContinueStatement(ContinueStatementSyntax node) => LeaveOut(node);

    public override void VisitThrowStatement(ThrowStatementSyntax node)
    {
        LeaveOut(node);
        base.VisitThrowStatement(node);
    }

    public override void VisitArrowExpressionClause(ArrowExpressionClauseSyntax node)
    {
        // Of a method without a result; of others this is no program.
        SyntaxToken end = node.GetLastToken().GetNextToken();
        _found.Add((TextSpan.FromBounds(node.SpanStart, end.Span.End), "{ }"));
        base.VisitArrowExpressionClause(node);
    }

    // The words about a wrong argument are for people, and so are those for the compiler.
    public override void VisitObjectCreationExpression(ObjectCreationExpressionSyntax node)
    {
        if (!node.Type.ToString().StartsWith("Argument", StringComparison.Ordinal))
        {
            base.VisitObjectCreationExpression(node);
        }
    }

    // A default is in its callers, and those in the tests are not compiled anew.
    public override void VisitParameter(ParameterSyntax node) { }

    public override void VisitAttributeList(AttributeListSyntax node) { }

    private void Swap(SyntaxToken token)
    {
        foreach (string other in Instead.GetValueOrDefault(token.Kind(), []))
        {
            _found.Add((token.Span, other));
        }
    }

    private void Negate(ExpressionSyntax condition)
    {
        // Of those with an operator of their own, that one is changed.
        if (
            condition
            is not (
                BinaryExpressionSyntax
                or PrefixUnaryExpressionSyntax
                or LiteralExpressionSyntax
            )
        )
        {
            _found.Add((condition.Span, $"!({condition})"));
        }
    }

    private void Replace(SyntaxNode node, SyntaxNode part) =>
        _found.Add((node.Span, part is PatternSyntax ? $"{part}" : $"({part})"));

    private void LeaveOut(StatementSyntax node) => _found.Add((node.Span, ";"));
}
